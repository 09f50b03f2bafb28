"""From raw sheets to invoices: find the tables, name their columns, understand their cells, put their rows together."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from importer.domain.corrections import GivenBack
from importer.domain.gc_pause import paused_gc
from importer.domain.invoice import Invoice
from importer.domain.problems import Place, Problem
from importer.domain.reading import (
    ControlTotal,
    Reading,
    ReadingNotes,
    Table,
)
from importer.domain.seals import Seal
from importer.errors import FileUnreadable
from importer.reading.formats.facts.looks import kept
from importer.reading.formats.raw_workbook import RawWorkbook
from importer.reading.invoices.build import assemble
from importer.reading.profiles.vendor_profile import (
    NO_PROFILE,
    Chosen,
    Profile,
    choose_profile,
    profile_text,
)
from importer.reading.profiles.whose_file import carries_vendor, doubt, is_shown
from importer.reading.rows.file_damage import damage_report, with_findings
from importer.reading.tables.choose_sheets import SheetPlan, left_out_table, plan_sheets
from importer.reading.tables.parsed_table import ParsedTable, Side, parse_table
from importer.roundtrip.compare_totals import compare_totals_with_vendor
from importer.roundtrip.corrected_workbook import open_corrected
from importer.roundtrip.correction_trail import corrections_of
from importer.roundtrip.restored_file import RestoredFile, plan_over


def read_contents(
    opened: Sequence[RawWorkbook],
    *,
    integration_id: str | None = None,
    sheet: str | None = None,
    profile: Profile | None = None,
    profiles: Sequence[Profile] = (),
    refused: Sequence[FileUnreadable] = (),
    seal: Seal | None = None,
) -> Reading:
    """What opened files say. Raises FileUnreadable for those without a table of invoices, or whose columns leave open
    what must not be guessed: for all of them at once, with those that were `refused` before.

    `profile` holds for all of them; without it, each file takes the one of `profiles` that fits it, if any. `seal` is
    that of the ledger to which results workbooks have to belong.
    """
    parts: list[Reading] = []
    tables: list[Table] = []
    invoices: list[Invoice] = []
    problems: list[Problem] = []
    notices: list[str] = []
    control_totals: list[ControlTotal] = []
    former_keys: dict[Place, str] = {}
    given: list[GivenBack] = []
    unread = list(refused)
    with paused_gc():
        for contents in opened:
            try:
                given_back = open_corrected(contents, seal)
                if given_back is not None:
                    notices.extend(given_back.notices)
                    given.append(given_back.given_back)
                    parts += [_read_original(each, profile, profiles, integration_id) for each in given_back.originals]
                    continue
                chosen = Chosen(profile) if profile is not None else choose_profile(contents, profiles)
                if chosen is not None and profile is None:
                    notices.append(_chosen_by_itself(contents, chosen))
                mine = NO_PROFILE if chosen is None else chosen.profile
                if carries_vendor(mine):
                    mine = replace(mine, is_meant=profile is not None or is_shown(mine, contents))
                mine = mine if sheet is None else replace(mine, sheet=sheet)
                parts.append(_doubted(_read_file(contents, mine, integration_id), mine, contents))
            except FileUnreadable as error:
                unread.append(error)
        if unread:
            raise unread[0] if len(unread) == 1 else _all_of(unread, len(opened) + len(refused))
        for one in parts:
            tables.extend(one.tables)
            invoices.extend(one.invoices)
            problems.extend(one.problems)
            notices.extend(one.notices)
            control_totals.extend(one.control_totals)
            former_keys.update(one.former_keys)
    files = tuple(contents.file for contents in opened)
    whole = Reading(
        files, tuple(tables), tuple(invoices), tuple(problems), tuple(notices), tuple(control_totals), former_keys
    )
    return replace(whole, trace=corrections_of(parts), given_back=tuple(given)) if given else whole


def _doubted(reading: Reading, profile: Profile, contents: RawWorkbook) -> Reading:
    """The reading, with the question whose the file is where only the profile says it, and nobody named the profile."""
    if not carries_vendor(profile) or profile.is_meant:
        return reading
    return replace(reading, problems=(*reading.problems, *doubt(reading, profile, contents)))


def _all_of(refused: Sequence[FileUnreadable], count: int) -> FileUnreadable:
    """What is wrong with several files, each in a line of its own."""
    lines = "\n".join(map(str, refused))
    return FileUnreadable(f"{len(refused)} of {count} files cannot be read as they are:\n{lines}")


def _chosen_by_itself(contents: RawWorkbook, chosen: Chosen) -> str:
    if chosen.missing:
        raise FileUnreadable(
            f"{contents.file.name} is named like the files of the profile {chosen.profile.name}, but its layout has "
            f"changed: there is no {', no '.join(map(repr, chosen.missing))} any more.",
            "Look at the file, then change the profile, make one with `profile new`, or choose one with --profile.",
        )
    return f"{contents.file.name}: read with the profile {chosen.profile.name}, which fits it."


def _read_original(
    original: RestoredFile, profile: Profile | None, profiles: Sequence[Profile], integration_id: str | None
) -> Reading:
    """A file that came back in a results workbook, by the plan of its first reading."""
    mine = original.chosen_profile(profile, profiles)
    reading = _doubted(_read_file(original.contents, mine, integration_id, original.plan), mine, original.contents)

    def otherwise(contents: RawWorkbook) -> Reading | None:
        with suppress(FileUnreadable):  # what was corrected may have been just that
            return _read_file(contents, mine, integration_id, plan_over(contents, original))
        return None

    reading = original.told(reading, otherwise(original.before) if original.hands.have_touched else None)
    first = otherwise(original.vendor_version()) if original.totals_need_review(reading) else None
    if first is None:
        return reading
    mended = original.corrected_version(first)
    first = first if mended is None else otherwise(mended) or first
    return compare_totals_with_vendor(reading, first, original.altered, original.hands.not_kept)


def _read_file(
    contents: RawWorkbook, profile: Profile, integration_id: str | None, plan: SheetPlan | None = None
) -> Reading:
    plan = plan_sheets(contents, profile) if plan is None else plan
    file = contents.file.name
    tables: list[Table] = []
    invoices: list[Invoice] = []
    problems = list(plan.problems)
    notices = list(plan.notices)
    control_totals: list[ControlTotal] = []
    empty: list[FileUnreadable] = []
    layouts: list[ParsedTable] = []
    made_with = profile_text(profile) if profile.name else ""
    understood: list[ReadingNotes] = []
    sides: list[Side] = ["header", "lines"] if plan.joined else ["whole" for _ in plan.chosen]
    for found, side in zip(plan.chosen, sides, strict=True):
        try:
            layout = parse_table(contents, found.sheet, found.heading, profile, side)
            layouts.append(layout)
            said = layout.conventions.details() | kept(layout.looks, layout.comments)
            understood.append(
                ReadingNotes(found.heading.first + 1, side, made_with, layout.conventions.order_to_keep, said)
            )
        except FileUnreadable as error:
            if len(plan.chosen) == 1 or plan.joined or found.has_rows:
                raise
            empty.append(error)
            tables.append(left_out_table(file, found.sheet, "sheet without data rows"))
    if not layouts:
        raise empty[0]
    for group in [layouts] if plan.joined else [[layout] for layout in layouts]:
        assembled = assemble(group, profile, integration_id)
        tables.extend(assembled.tables)
        invoices.extend(assembled.invoices)
        problems.extend(assembled.problems)
        notices.extend(assembled.notices)
        control_totals.extend(assembled.control_totals)
    how = {id(layout.source): each for layout, each in zip(layouts, understood, strict=True)}
    tables = [replace(table, understood=how.get(id(table.source))) for table in tables]
    if profile.rounding is not None:
        invoices = [invoice._replace(rounding=profile.rounding) for invoice in invoices]
    invoices, further = with_findings(contents, invoices)
    problems.extend(further)
    problems.extend(damage_report(contents, tables))
    tables.extend(left_out_table(file, sheet, reason) for sheet, reason in plan.left_out if any(sheet.rows))
    return Reading(
        (contents.file,), tuple(tables), tuple(invoices), tuple(problems), tuple(notices), tuple(control_totals)
    )
