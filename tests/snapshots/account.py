"""One case in full, as text: what was read, what would be sent, and every answer that is given about it.

Nothing in it depends on the day, the zone or the machine: the clock is the lessons' own, ids of runs and sums over
files are written as what they are.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from html import unescape
from pathlib import Path

from fixtures import make
from importer import report, sandbox
from importer.context import NoProgress, RunContext, open_ledger
from importer.domain.cells import Cell
from importer.domain.follow_up_facts import Change, DifferenceFromPosted, StillPosted
from importer.domain.invoice import Invoice, Line, Row
from importer.domain.outcome import Run, Status
from importer.domain.problem_catalog import KINDS
from importer.domain.problems import Problem
from importer.domain.reading import Reading, Table
from importer.errors import ImporterError
from importer.ledger.ledger_identity import KEY, NAME
from importer.ledger.tables import IDENTITY
from importer.pipeline import check_files
from importer.reading.profiles.propose import propose_profile
from importer.reading.profiles.vendor_profile import profile_text
from importer.report.status import doubts, standing
from importer.runs.request import RunRequest
from importer.settings import Settings
from importer.workbook_format import layout
from tests import factory
from tests.snapshots.tables import made_table

Account = dict[str, str]
"""Part → its text. The parts are named in `PARTS`."""

PARTS = ("reading", "bodies", "json", "terminal", "html", "csv", "workbook", "proposal", "given back")
RUN_ID = re.compile(r"2026-11-2[1-3]T\d\d-\d\d-\d\d-[0-9a-f]{8}")
SHA = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
SIZE = re.compile(r'(SUM", ?)\d+')  # behind the sum of a file that was written here: it is packed otherwise elsewhere
COMMENT = re.compile(r'<comment ref="([A-Z]+\d+)".*?<t(?: [^>]*)?>(.*?)</t>', re.DOTALL)
NAMED = Path("vendor.results.xlsx")  # as the terminal names the results


def lesson_account(lesson: str, folder: Path) -> Account:
    """What is made of a lesson of `fixtures/`."""
    inputs = [Path(shutil.copy(path, folder)) for path in make.inputs(make.FOLDER / lesson)]
    profile = make.FOLDER / lesson / make.PROFILE
    return _account(inputs, profile if profile.exists() else None, folder, random.Random(lesson))


def table_account(seed: int, folder: Path) -> Account:
    """What is made of a made-up table; every fourth one is given back as well."""
    made = made_table(seed)
    profile = folder / "vendor.toml"
    if made.profile:
        profile.write_text(made.profile, encoding="utf-8")
    chance = random.Random(seed) if seed % 4 == 0 else None
    return _account([made.write(folder)], profile if made.profile else None, folder, chance)


FURTHER = "further"
"""The folder of what a workbook given back gives."""


def statuses_account(folder: Path) -> Account:
    """Every status with every problem that the catalogue has: in ResMan, on its way, or by ResMan's own words."""
    outcomes = [
        factory.outcome(
            one := factory.invoice(number=f"S-{at}", first_row=2 + at),
            status,
            problems=[Problem(kind, f"It is about {kind.title}.", one.place("invoice_number"), "invoice_number", "7")],
            resman=(None, "confirmed", "pending", "GL account 6310 is closed")[at % 4],
        )
        for at, (status, kind) in enumerate((status, kind) for kind in KINDS.values() for status in Status)
    ]
    run = factory.run(*outcomes)
    stays = [
        StillPosted("S-1", "vend-1111", "prop-2222", 1234, "job-1", "confirmed", why) for why in DifferenceFromPosted
    ]
    changes = [
        Change("k", "S-1", "vend-1111", 1234, was, now, make.NOW)
        for was, now in (("pending", "confirmed"), ("pending", "failed"), ("in doubt", "released"))
    ]
    return _of_run(replace(run, stays=tuple(stays), changes=tuple(changes)), folder)


def _account(inputs: list[Path], profile: Path | None, folder: Path, chance: random.Random | None) -> Account:
    home = folder / "home"
    account = _checked(inputs, profile, folder, home)
    account["proposal"] = "\n".join(_masked(line, folder) for path in inputs for line in _proposal(path))
    results = folder / "x.results.xlsx"
    if chance is not None and results.exists():
        further = folder / FURTHER
        further.mkdir()
        _edit(results, chance)
        again = _checked([results], profile, further, home)
        account["given back"] = "\n".join(f"== {part}\n{again[part]}" for part in PARTS if part in again)
    return account


def _checked(inputs: list[Path], profile: Path | None, folder: Path, home: Path) -> Account:
    desk = RunContext(
        Settings(home=home, sandbox=True),
        lambda: make.NOW,
        "clerk@desk",
        "desk",
        threading.Event(),
        NoProgress(),
    )
    wanted = RunRequest(inputs, integration_id=sandbox.INTEGRATION_ID, profile=str(profile) if profile else None)
    _seals_alike(desk)
    try:
        run = check_files(wanted, desk)
    except ImporterError as error:
        return {"reading": _masked(str(error), folder)}
    return _of_run(run, folder)


def _seals_alike(desk: RunContext) -> None:
    """The ledger's name and the key of its seal, which are random otherwise."""
    known = {NAME: "0" * 32, KEY: json.dumps({"key": "00" * 32, "since": make.NOW.isoformat()})}
    with open_ledger(desk, "frozen") as ledger, ledger.transaction() as connection:
        for name, value in known.items():
            connection.execute(ledger.insert_or_not(IDENTITY).values(name=name, value=value))


def _of_run(run: Run, folder: Path) -> Account:
    results = report.write_workbook(run, folder / "x.results.xlsx")
    made: dict[str, Callable[[], str]] = {
        "reading": lambda: "\n".join(_reading(run.reading)),
        "bodies": lambda: "\n".join(_body(at, run) for at in range(len(run.outcomes))),
        "json": lambda: json.dumps(report.as_json(run, NAMED), ensure_ascii=False, indent=1),
        "terminal": lambda: "\n".join(
            map(_shown, (report.summary(run, NAMED), standing(run, 1, NAMED), doubts(run, 0, None)))
        ),
        "html": lambda: report.html_summary(run),
        "csv": lambda: report.write_csv(run, folder / "x.results.csv").read_text(encoding="utf-8-sig"),
        "workbook": lambda: "\n".join(_workbook(results)),
    }
    return {part: _masked(make_text(), folder) for part, make_text in made.items()}


def _masked(text: str, folder: Path) -> str:
    outer = folder.parent if folder.name == FURTHER else folder  # the home of a workbook given back
    return SIZE.sub(r"\1SIZE", SHA.sub("SUM", RUN_ID.sub("RUN", text.replace(str(outer), "FOLDER"))))


def _shown(answer: object) -> str:
    from rich.console import Console

    console = Console(width=120, color_system=None, force_terminal=False, highlight=False, legacy_windows=False)
    with console.capture() as caught:
        console.print(answer)
    return caught.get()


# ---------------------------------------------------------------------- what was read


def _reading(reading: Reading) -> Iterator[str]:
    for table in reading.tables:
        yield from _table(table)
    for invoice in reading.invoices:
        yield from _invoice(invoice)
    yield from (_problem(each) for each in reading.problems)
    yield from (f"notice: {each}" for each in reading.notices)
    for one in reading.control_totals:
        sums = (one.says, one.found, one.once, one.vendor)
        yield f"control total at {_place(one.place)}: {one.label!r} {sums} unread {one.unread}"
    for place, key in reading.former_keys.items():
        yield f"former key at {_place(place)}: {key}"
    yield json.dumps(reading.trace.said(), ensure_ascii=False)


def _table(table: Table) -> Iterator[str]:
    source = table.source
    yield f"table {source.file!r} {source.sheet!r} headings in {source.heading_row}: {source.headings!r}"
    yield f"  columns {sorted(source.columns.items())} profile {source.profile!r}"
    if table.understood is not None:
        how = table.understood
        yield f"  understood {how.first_heading_row} {how.side} {how.date_order} {sorted(how.details.items())}"
    yield from (f"  row {row.number}: {_cells(row)}" for row in table.rows)
    yield from (f"  skipped {one.row}: {one.reason} {one.cells!r}" for one in table.skipped)


def _cells(row: Row) -> str:
    return repr(row.cells)


def _invoice(invoice: Invoice) -> Iterator[str]:
    ids = (invoice.integration_id, invoice.property_id, invoice.vendor_id, invoice.invoice_number)
    days = [str(day) for day in (invoice.invoice_date, invoice.due_date, invoice.accounting_date)]
    rows = [(row.source.sheet, row.number) for row in invoice.rows]
    texts = f"{invoice.notes!r} {invoice.memo!r}"
    yield f"invoice {ids} {days} total {invoice.total} worth {invoice.worth} rows {rows} {texts}"
    yield from (f"  line {_line(line)}" for line in invoice.lines)
    yield from (f"  {_problem(each)}" for each in invoice.problems)


def _line(line: Line) -> str:
    numbers = [str(each) for each in (line.quantity, line.unit_price, line.amount, line.worth)]
    return f"{line.row.place('line_amount').cell} {line.financial_account_id} {numbers} {line.notes!r}"


def _problem(problem: Problem) -> str:
    where = f"{_place(problem.place)} {problem.field} {problem.value!r}"
    return f"{problem.kind.code} at {where}: {problem.what} | {problem.advice!r} | {problem.message}"


def _place(place: object) -> str:
    return repr(tuple(getattr(place, name) for name in ("file", "sheet", "row", "column")))


def _body(at: int, run: Run) -> str:
    outcome = run.outcomes[at]
    body = "none" if outcome.payload is None else outcome.payload.body()
    return f"{outcome.status} {outcome.key} {outcome.fingerprint} {body!r}"


def _proposal(path: Path) -> Iterator[str]:
    try:
        proposal = propose_profile(path)
    except ImporterError as error:
        yield str(error)
        return
    yield from proposal.because
    yield profile_text(proposal.profile)
    yield from (f"{ask.sentence} optional {ask.is_optional}" for ask in proposal.asks)


# ---------------------------------------------------------------------- what is written


def _workbook(path: Path) -> Iterator[str]:
    """Every cell of every sheet, and every comment."""
    from python_calamine import load_workbook

    book = load_workbook(str(path))
    for name in book.sheet_names:
        yield f"sheet {name!r}"
        yield from (repr(row) for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False))
    with zipfile.ZipFile(path) as parts:
        for name in sorted(each for each in parts.namelist() if each.startswith("xl/comments")):
            texts = re.findall(
                r'<comment ref="([A-Z]+\d+)".*?<t(?: [^>]*)?>(.*?)</t>', parts.read(name).decode(), re.DOTALL
            )
            yield from (f"comment at {cell}: {unescape(text)!r}" for cell, text in texts)


_TYPED: tuple[Cell, ...] = ("12.50", 99.0, "INV-NEW", None, "2026-10-15", "Paid", "x")


def _edit(results: Path, chance: random.Random) -> None:
    """Somebody types into one or two of the vendor's cells of the results workbook."""
    import openpyxl

    book = openpyxl.load_workbook(results)
    name = layout.TO_FIX if layout.TO_FIX in book.sheetnames else layout.ROWS
    sheet = book[name]
    headings = [str(cell.value or "") for cell in sheet[1]]
    own = layout.clerk_columns(headings)
    if own is not None and sheet.max_row > 1 and len(own):
        draw = partial(_below, chance)
        for _ in range(1 + draw(2)):
            sheet.cell(2 + draw(sheet.max_row - 1), 1 + own[draw(len(own))]).value = _TYPED[draw(len(_TYPED))]
    book.save(results)


def _below(chance: random.Random, count: int) -> int:
    return int(chance.random() * count)
