"""From what a sheet says to ids: "Maple Court" becomes `prop-…` before invoices are compared, checked or keyed.

Rows and cells stay as they were, so that every answer still points at what the clerk wrote. What is not one record
for certain is a problem of its cell; what is, but may not be usable (inactive, another property's), is a remark,
which counts only for what is yet to be sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from importer.domain.invoice import Invoice, Line
from importer.domain.problem_catalog import (
    AMBIGUOUS_NAME,
    INACTIVE_RECORD,
    NAMES_NOT_FETCHED,
    NOT_AT_PROPERTY,
    NOT_SEEN_LATELY,
    OVERRULED_NAME,
    UNKNOWN_ID,
    UNKNOWN_NAME,
)
from importer.domain.problems import Place, Problem, ProblemKind
from importer.domain.reading import Reading
from importer.domain.unresolved import UnresolvedName, alias_command
from importer.masterdata.cache import Record, RecordKind
from importer.masterdata.lookup import Index
from importer.masterdata.master_data import MasterData, ago
from importer.masterdata.merging import merge
from importer.masterdata.spelling import is_id_like
from importer.masterdata.unresolved_groups import Group, not_fetched, unknown_names

NOUN = {RecordKind.PROPERTY: "property", RecordKind.VENDOR: "vendor", RecordKind.ACCOUNT: "GL account"}
FIELD = {RecordKind.PROPERTY: "property_id", RecordKind.VENDOR: "vendor_id", RecordKind.ACCOUNT: "financial_account_id"}
MOST_SUGGESTED = 100
"""Names for which the nearest are looked for; of more in one run, something else is wrong with the file."""


class Said(NamedTuple):
    """What there is to say about a text, wherever it stands."""

    kind: ProblemKind
    what: str
    advice: str | None = None

    def at(self, place: Place, field: str, text: str, profile: str | None = None) -> Problem:
        """As a problem of a cell; of a `profile`, where the text stands there and in no cell."""
        if profile is None:
            return Problem(self.kind, self.what, place, field, text, self.advice)
        table = "[defaults], [[extra_lines]] or [rounding]" if field == FIELD[RecordKind.ACCOUNT] else "[defaults]"
        what = f"{self.what} It stands in no cell, but in the profile {profile}, {table} {field}."
        advice = (self.kind.advice if self.advice is None else self.advice).replace("the cell", "the profile")
        return Problem(self.kind, what, place, field, text, advice)


class ResolvedName(NamedTuple):
    """What a text means. `id` None: it is not known, and `problem` says why."""

    id: str | None
    problem: Said | None = None
    remarks: tuple[Said, ...] = ()
    nearest: tuple[str, ...] = ()
    nearest_id: str | None = None
    profile: str | None = None  # whose decision about the text is no longer good
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class Resolved:
    """A reading whose ids are ids. `remarks` are by the index of their invoice."""

    reading: Reading
    remarks: Mapping[int, tuple[Problem, ...]]
    unknown: tuple[UnresolvedName, ...]
    notices: tuple[str, ...]
    names: Mapping[str, str]  # every name that was looked up → what it was found to mean


def resolve(
    reading: Reading,
    directory_of: Callable[[str], MasterData | None],
    *,
    now: datetime,
    settled: Mapping[str, str] | None = None,
) -> Resolved:
    """The reading with ids in place of names. `directory_of` gives the directory of an integration, if there is one.

    `settled` is what an earlier run found names to mean (its `names`): a run told again says what it said then.
    """
    if not settled and _says_ids_only(reading) and not _can_look_up(reading, directory_of):
        return Resolved(reading, {}, (), (), {})
    resolvers: dict[str | None, _Resolver] = {}
    invoices: list[Invoice] = []
    remarks: dict[int, tuple[Problem, ...]] = {}
    for invoice in reading.invoices:
        known = resolvers.get(invoice.integration_id)
        if known is None:
            directory = None if invoice.integration_id is None else directory_of(invoice.integration_id)
            known = resolvers[invoice.integration_id] = _Resolver(directory, now, settled or {})
        named, found = known.invoice(invoice)
        if found:
            remarks[len(invoices)] = found
        invoices.append(named)
    if any(each.has_names for each in resolvers.values()):
        invoices, remarks = merge(invoices, remarks, reading.invoices)
    groups = [group for each in resolvers.values() for group in each.groups.values()]
    names = {key: found for each in resolvers.values() for key, found in each.names()}
    ages = [age for each in resolvers.values() if (age := each.age_used()) is not None]
    notices = (*not_fetched(groups), *dict.fromkeys(ages))
    return Resolved(replace(reading, invoices=tuple(invoices)), remarks, unknown_names(groups), notices, names)


def _says_ids_only(reading: Reading) -> bool:
    texts = {text for each in reading.invoices for text in (each.property_id, each.vendor_id)}
    texts |= {line.financial_account_id for each in reading.invoices for line in each.lines}
    texts |= {each.rounding.financial_account_id for each in reading.invoices if each.rounding is not None}
    return all(text is None or is_id_like(text) for text in texts)


def _can_look_up(reading: Reading, directory_of: Callable[[str], MasterData | None]) -> bool:
    integrations = {each.integration_id for each in reading.invoices}
    return any(each is not None and directory_of(each) is not None for each in integrations)


class _Resolver:
    """The texts of one integration. Each distinct one is looked up once."""

    def __init__(self, directory: MasterData | None, now: datetime, settled: Mapping[str, str]) -> None:
        self._directory = directory
        self._now = now
        self._settled = settled
        self._known: dict[tuple[RecordKind, str, str | None, str | None, bool], ResolvedName] = {}
        self._usable: dict[str, frozenset[str] | None] = {}
        self._suggested = 0
        self._numbers: dict[str, tuple[Record, ...]] = {}
        self.groups: dict[tuple[RecordKind, str], Group] = {}

    @property
    def has_names(self) -> bool:
        """Whether any text was not the id itself."""
        return any(answer.id != key[1] for key, answer in self._known.items())

    def names(self) -> Iterator[tuple[str, str]]:
        """Every name that was looked up, as a key for `settled`, and what it means."""
        for (sort, text, property_id, profile, _), answer in self._known.items():
            if answer.id is not None and answer.is_name:
                yield _settled_key(sort, text, property_id, profile), answer.id

    def age_used(self) -> str | None:
        """A sentence about how old what was looked at is; None where nothing was."""
        if self._directory is None or not self._directory.fetched or not self._known:
            return None
        age = self._directory.age(self._now)
        return f"Names, periods and earlier bills are those fetched from ResMan {age}; `sync` fetches anew."

    def invoice(self, invoice: Invoice) -> tuple[Invoice, tuple[Problem, ...]]:
        """The invoice with ids, and the remarks about them."""
        problems: list[Problem] = []
        remarks: list[Problem] = []
        profile = invoice.source.profile
        property_id = self._header(invoice, RecordKind.PROPERTY, invoice.property_id, None, profile, problems, remarks)
        is_lost = property_id is None and invoice.property_id is not None
        vendor_id = self._header(
            invoice, RecordKind.VENDOR, invoice.vendor_id, property_id, profile, problems, remarks, is_lost=is_lost
        )
        lines = self._lines(invoice, property_id, profile, problems, remarks, is_lost=is_lost)
        rounding = invoice.rounding
        if rounding is not None:  # its account stands in a profile, not in a cell
            text = rounding.financial_account_id
            answer = self._answer(RecordKind.ACCOUNT, text, property_id, profile, is_lost=is_lost)
            if answer.problem is not None:
                problems.append(answer.problem.at(invoice.rows[0].place(), "financial_account_id", text, profile))
            rounding = replace(rounding, financial_account_id=answer.id or text)
        is_same = (property_id, vendor_id) == (invoice.property_id, invoice.vendor_id)
        if is_same and lines is invoice.lines and rounding == invoice.rounding and not problems:
            return invoice, tuple(remarks)
        named = invoice._replace(
            property_id=property_id,
            vendor_id=vendor_id,
            lines=lines,
            rounding=rounding,
            problems=(*invoice.problems, *problems) if problems else invoice.problems,
        )
        return named, tuple(remarks)

    def _header(
        self,
        invoice: Invoice,
        sort: RecordKind,
        text: str | None,
        property_id: str | None,
        profile: str | None,
        problems: list[Problem],
        remarks: list[Problem],
        *,
        is_lost: bool = False,
    ) -> str | None:
        if text is None:
            return None
        answer = self._answer(sort, text, property_id, profile, is_lost=is_lost)
        if answer.problem is None and not answer.remarks:
            return answer.id
        place = invoice.place(FIELD[sort])
        given = None if invoice.cell_text(FIELD[sort]).strip() else profile
        if answer.problem is not None:
            problems.append(answer.problem.at(place, FIELD[sort], text, given))
            self._group(sort, text, answer).add_invoice(invoice)
        remarks.extend(each.at(place, FIELD[sort], text, given) for each in answer.remarks)
        return answer.id

    def _lines(
        self,
        invoice: Invoice,
        property_id: str | None,
        profile: str | None,
        problems: list[Problem],
        remarks: list[Problem],
        *,
        is_lost: bool,
    ) -> tuple[Line, ...]:
        named: list[Line] = []
        has_changed = False
        known = self._known
        for line in invoice.lines:
            text = line.financial_account_id
            if text is None:
                named.append(line)
                continue
            answer = known.get((RecordKind.ACCOUNT, text, property_id, profile, is_lost)) or self._answer(
                RecordKind.ACCOUNT, text, property_id, profile, is_lost=is_lost
            )
            if "." in text and isinstance(line.row.cell("financial_account_id"), float):
                answer = self._as_number(text, property_id, answer)
            if answer.problem is not None or answer.remarks:
                place = line.row.place("financial_account_id")
                given = None if line.row.says("financial_account_id") else profile
                remarks.extend(each.at(place, "financial_account_id", text, given) for each in answer.remarks)
                if answer.problem is not None:
                    problems.append(answer.problem.at(place, "financial_account_id", text, given))
                    self._group(RecordKind.ACCOUNT, text, answer).add_line(invoice, line)
            if answer.id != text:
                line = tuple.__new__(Line, (line[0], answer.id, *line[2:]))  # `_replace` takes ten times as long
                has_changed = True
            named.append(line)
        return tuple(named) if has_changed else invoice.lines

    def _as_number(self, text: str, property_id: str | None, answer: ResolvedName) -> ResolvedName:
        """A number of a workbook keeps no zeros at its end: 7200.1 may be what the cell shows as 7200.10."""
        index = None if self._directory is None else self._directory.index(RecordKind.ACCOUNT)
        if index is None:
            return answer
        if text not in self._numbers:
            zeros = (record for n in (1, 2) for record in index.find(text + "0" * n, property_id).candidates)
            self._numbers[text] = tuple(dict.fromkeys(zeros))
        if not self._numbers[text]:
            return answer
        record = None if answer.id is None else index.by_id(answer.id)
        several = tuple(self._described(each) for each in (*([record] if record else ()), *self._numbers[text]))
        what = f"The cell holds the number {text}, which may stand for {' or '.join(several)}."
        advice = "Write the number as text, with all of its digits, or the id."
        return ResolvedName(None, Said(AMBIGUOUS_NAME, what, advice), nearest=several)

    def _group(self, sort: RecordKind, text: str, answer: ResolvedName) -> Group:
        assert answer.problem is not None  # noqa: S101 -- told by the callers; for the type checker
        new = Group(NOUN[sort], text, answer.problem.kind, answer.nearest, answer.nearest_id, answer.profile)
        return self.groups.setdefault((sort, text), new)

    def _answer(
        self, sort: RecordKind, text: str, property_id: str | None, profile: str | None, *, is_lost: bool
    ) -> ResolvedName:
        key = (sort, text, property_id, profile, is_lost)
        if key not in self._known:
            self._known[key] = self._find(sort, text, property_id, profile, is_lost=is_lost)
        return self._known[key]

    def _find(
        self, sort: RecordKind, text: str, property_id: str | None, profile: str | None, *, is_lost: bool
    ) -> ResolvedName:
        settled = self._settled.get(_settled_key(sort, text, property_id, profile))
        if settled is not None:
            return ResolvedName(settled, is_name=True)
        directory = self._directory
        index = None if directory is None else directory.index(sort)
        if index is not None and (exact := index.by_id(text)) is not None:
            return ResolvedName(text, remarks=tuple(self._remarks(exact, property_id)))
        alias = None if directory is None else directory.aliases.id_of(sort, text, profile)
        if directory is None or index is None:
            if alias is not None:
                return ResolvedName(alias, is_name=True)
            return ResolvedName(text) if is_id_like(text) else ResolvedName(None, self._not_fetched(sort, text))
        if alias is not None:
            own = profile if directory.aliases.is_of(profile, sort, text) else None
            return self._by_decision(index, sort, text, alias, property_id, own)
        candidates = self._usable_of(index.find(text, property_id).candidates, property_id)
        if len(candidates) == 1:
            remarks = self._remarks(candidates[0], property_id)
            return ResolvedName(candidates[0].id, remarks=tuple(remarks), is_name=True)
        if candidates and is_lost:
            return ResolvedName(text)  # which one it is, the property will tell, once that is known
        if candidates:
            several = tuple(self._described(each) for each in candidates[:4])
            both = "; ".join(several)
            what = f"{text!r} is the name of {len(candidates)} {_several(sort)}: {both}."
            advice = (
                f"Write the {'number or ' if sort is not RecordKind.PROPERTY else 'code or '}id of the one "
                "that is meant."
            )
            return ResolvedName(None, Said(AMBIGUOUS_NAME, what, advice), nearest=several)
        if is_id_like(text):
            return ResolvedName(text, remarks=(self._unknown_id(sort, text),))
        return self._unknown(sort, text, property_id)

    def _by_decision(
        self, index: Index, sort: RecordKind, text: str, meant: str, property_id: str | None, profile: str | None
    ) -> ResolvedName:
        """What a person settled, for one profile or for all files. It holds as long as ResMan has what it points at;
        where ResMan itself has come to call something else by that name, both are said."""
        record = index.by_id(meant)
        if record is None:
            what = (
                f"{text!r} was settled to mean the {NOUN[sort]} {meant}, which was not among those fetched from ResMan"
            )
            advice = (
                f"Settle it anew: `{alias_command(text, 'ID', profile=profile)}`; or run `sync` if it is new in ResMan."
            )
            return ResolvedName(
                None,
                Said(UNKNOWN_NAME, f"{what}{self._age()}.", advice),
                nearest=(f"{meant}, which is gone",),
                profile=profile,
            )
        remarks = list(self._remarks(record, property_id))
        others = index.find(text, property_id).candidates
        if others and record not in others:
            what = f"{text!r} was settled to mean {self._described(record)}, and ResMan calls so"
            remarks.append(Said(OVERRULED_NAME, f"{what} {'; '.join(self._described(each) for each in others[:2])}."))
        return ResolvedName(meant, remarks=tuple(remarks), is_name=True)

    def _usable_of(self, candidates: tuple[Record, ...], property_id: str | None) -> tuple[Record, ...]:
        """Of several with one name, those that the property's own list of vendors has; all, where it has none."""
        if len(candidates) < 2 or property_id is None or candidates[0].sort is not RecordKind.VENDOR:
            return candidates
        usable = self._vendors_of(property_id)
        kept = () if usable is None else tuple(each for each in candidates if each.id in usable)
        return kept or candidates

    def _vendors_of(self, property_id: str) -> frozenset[str] | None:
        if self._directory is None:
            return None
        if property_id not in self._usable:
            self._usable[property_id] = self._directory.cache.usable_at(property_id)
        return self._usable[property_id]

    def _unknown(self, sort: RecordKind, text: str, property_id: str | None) -> ResolvedName:
        directory = self._directory
        index = None if directory is None else directory.index(sort)
        self._suggested += 1
        nearest = [] if index is None or self._suggested > MOST_SUGGESTED else index.nearest(text, property_id)
        described = tuple(map(self._described, nearest))
        what = f"ResMan has no {NOUN[sort]} {text!r}."
        first = nearest[0].id if len(nearest) == 1 else None
        if described:
            what += f" Nearest: {'; '.join(described)}."
            advice = f"Correct the cell, or settle it for good: `{alias_command(text, first or 'ID')}`."
        else:
            advice = "Correct the cell, or run `invoice-importer sync` if it is new in ResMan."
        return ResolvedName(None, Said(UNKNOWN_NAME, what, advice), nearest=described, nearest_id=first)

    def _remarks(self, record: Record, property_id: str | None) -> Iterator[Said]:
        noun, name = NOUN[record.sort], record.name or record.id
        if not record.is_active:
            yield Said(INACTIVE_RECORD, f"The {noun} {name} ({record.id}) is inactive in ResMan.")
        elif record.is_stale and record.last_seen is not None:
            seen = f"ResMan last showed the {noun} {name} ({record.id}) {ago(self._now, record.last_seen)}"
            yield Said(NOT_SEEN_LATELY, f"{seen}: it may be gone.")
        if property_id is None or self._directory is None:
            return
        if record.property_id is not None:
            is_elsewhere = record.property_id != property_id
            where = f", only at {self._directory.name_of(RecordKind.PROPERTY, record.property_id)}"
        else:
            usable = self._vendors_of(property_id) if record.sort is RecordKind.VENDOR else None
            is_elsewhere, where = usable is not None and record.id not in usable, ""
        if is_elsewhere:
            here = self._directory.name_of(RecordKind.PROPERTY, property_id)
            yield Said(NOT_AT_PROPERTY, f"The {noun} {name} ({record.id}) is not used at {here}{where}.")

    def _unknown_id(self, sort: RecordKind, text: str) -> Said:
        return Said(UNKNOWN_ID, f"The {NOUN[sort]} {text!r} was not among those fetched from ResMan{self._age()}.")

    def _age(self) -> str:
        return "" if self._directory is None else f" {self._directory.age(self._now)}"

    def _not_fetched(self, sort: RecordKind, text: str) -> Said:
        return Said(
            NAMES_NOT_FETCHED,
            f"{text!r} is no id, and the names of ResMan's {_several(sort)} have not been fetched yet.",
        )

    def _described(self, record: Record) -> str:
        parts = [record.code] if record.code else []
        if record.property_id is not None and self._directory is not None:
            parts.append(f"at {self._directory.name_of(RecordKind.PROPERTY, record.property_id)}")
        extra = "".join(f", {part}" for part in parts)
        return f"{record.name or 'without a name'} ({record.id}{extra})"


def _several(sort: RecordKind) -> str:
    return {RecordKind.PROPERTY: "properties", RecordKind.VENDOR: "vendors", RecordKind.ACCOUNT: "GL accounts"}[sort]


def _settled_key(sort: RecordKind, text: str, property_id: str | None, profile: str | None) -> str:
    return "\x1f".join((sort, text, property_id or "", profile or ""))
