"""Characters that steer a terminal, or turn the direction of writing over, come out of no door as they are."""

from __future__ import annotations

import ast
import json
import os
import unicodedata
from pathlib import Path

import openpyxl
import pytest

import importer
from importer.domain.visible_text import visible, visible_json
from tests.cli.clerk import HEADINGS, Clerk, Said, row
from tests.sending.api_servers import answering, serving

NASTY = ("\x1b[2J", "\x1b]0;x\x07", "\x9b31m", "\u202e", "\u2066", "\u2028", "\x7f")
HEBREW = "גינון ירוק"


def _steers(text: str) -> list[str]:
    """What of a text is neither to be read nor a plain line end or tab."""
    return [
        f"U+{ord(one):04X}" for one in text if unicodedata.category(one) in ("Cc", "Cf", "Zl") and one not in "\n\t"
    ]


def _book(clerk: Clerk, name: str, *rows: dict[str, str], sheet: str = "March", extra: str = "Remark") -> None:
    book = openpyxl.Workbook()
    book.active.title = sheet
    book.active.append([*HEADINGS, extra])
    for each in rows:
        book.active.append([*(each[name] for name in HEADINGS), "x"])
    book.save(clerk.folder / name)


@pytest.mark.parametrize("nasty", [one for one in NASTY if one.isprintable() or one > "\x1f"], ids=ascii)
def test_from_cells_headings_and_sheets_of_a_workbook(clerk: Clerk, nasty: str) -> None:
    """The terminal, the page and the workbook show it; `--json` escapes it, and holds the text as it is."""
    bad = row(f"A{nasty}1", vendor_id=f"Green{nasty}leaf", invoice_date=f"{nasty}soon", notes=HEBREW)
    sheet = f"Ma{nasty}rch"
    _book(clerk, "march.xlsx", bad, row(clerk.number(2), financial_account_id=f"x{nasty}y"), sheet=sheet, extra=nasty)
    said = clerk.runs("check", "march.xlsx", "--results", "r.xlsx", "--summary", "s.html")
    page = (clerk.folder / "s.html").read_text("utf-8")
    assert _steers(said.out + said.err + page) == []
    assert visible(nasty) in said.out
    book = openpyxl.load_workbook(clerk.folder / "r.xlsx")
    cells = [str(cell.value) for each in book.worksheets for line in each.iter_rows() for cell in line if cell.value]
    assert _steers("".join(cells)) == []
    assert any(HEBREW in cell for cell in cells)
    told = clerk.runs("check", "march.xlsx", "--no-results", "--json")
    assert _steers(told.out) == []
    assert any(f"A{nasty}1" == each["invoice_number"] for each in told.answer["invoices"])


@pytest.mark.skipif(os.name != "posix", reason="other systems refuse such names")
@pytest.mark.parametrize("nasty", NASTY, ids=ascii)
def test_from_the_name_of_a_file(clerk: Clerk, nasty: str) -> None:
    """Whether it can be read or not, is given twice or not at all."""
    good, name = clerk.writes_good(), f"march{nasty}.csv"
    good.rename(clerk.folder / name)
    (clerk.folder / f"empty{nasty}.csv").touch()
    every: list[Said] = [
        clerk.runs("check", name),
        clerk.runs("check", name, name),
        clerk.runs("check", f"empty{nasty}.csv"),
        clerk.runs("check", f"none{nasty}.csv"),
        clerk.runs("check", name, "--json"),
        clerk.runs("check", name, "--results", f"{nasty}.txt"),
        clerk.runs("check", name, "--sheet", nasty, "--summary", f"{nasty}.html"),
        clerk.runs(nasty),
        clerk.runs("check", name, f"--x{nasty}"),
        clerk.runs("submit", name, "--yes"),
        clerk.runs("history"),
        clerk.runs("history", "--csv"),
    ]
    assert [_steers(each.out + each.err) for each in every] == [[]] * len(every)


@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized"])
def test_from_an_answer_of_the_api(clerk: Clerk, status: str) -> None:
    """What a server says in refusing is shown, and steers nothing."""
    clerk.writes_good(count=1)
    body = json.dumps({"error": "".join(NASTY), "message": "no".join(NASTY)}).encode()
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    with serving(answering(head.encode() + body)) as server:
        clerk.environment["PROPEXO_URL"] = server.url
        every = [clerk.runs("submit", "march.csv", "--yes"), clerk.runs("submit", "march.csv", "--yes", "--json")]
        every += [clerk.runs("sync"), clerk.runs("doctor")]
    assert [_steers(each.out + each.err) for each in every] == [[]] * len(every)
    assert visible(NASTY[0]) in "".join(each.out + each.err for each in every)


def test_what_is_shown_can_be_read_and_is_shown_once() -> None:
    """Doing it twice changes nothing; text from right to left, joined letters and emoji stay as they are."""
    assert visible("\x1b[31m\u202eabc\x9b\r\ud800") == "␛[31m\\u202eabc\\u009b␍\ufffd"
    for text in (*NASTY, HEBREW, "می\u200cخواهم", "👩\u200d🔧", "a\tb\nc", "שלום\u200f."):
        assert visible(visible(text)) == visible(text)
    assert [visible(text) for text in (HEBREW, "می\u200cخواهم", "👩\u200d🔧")] == [
        HEBREW,
        "می\u200cخواهم",
        "👩\u200d🔧",
    ]


@pytest.mark.parametrize("in_ascii", [True, False])
def test_json_holds_the_text_as_it_is(in_ascii: bool) -> None:
    """Escaped, which no program that reads it ever notices; what is no character, too."""
    whole = {"".join(NASTY): [*NASTY, HEBREW, "\ud800", "\uffff", "😀"]}
    text = visible_json(whole, in_ascii=in_ascii)
    assert json.loads(text) == whole
    assert _steers(text) == []
    text.encode()
    assert (HEBREW in text) is not in_ascii


def test_there_is_one_door() -> None:
    """Nothing of the command line speaks or asks but through it."""
    speaking = {"echo", "secho", "confirm", "prompt", "print", "print_exc", "show"}
    folder = Path(importer.__file__).parent / "cli"
    found = []
    for path in sorted(set(folder.glob("*.py")) - {folder / "saying.py"}):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
                continue
            if node.value.id in ("click", "traceback", "sys") and node.attr in speaking:
                found.append(f"{path.name}:{node.lineno}")
    assert found == []
