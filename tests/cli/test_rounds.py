"""A file that was corrected and given back: what its first workbook and the history say of it afterwards."""

from __future__ import annotations

from pathlib import Path

import openpyxl

from tests.cli.clerk import Clerk, row


def summary(path: Path) -> dict[str, tuple[object, ...]]:
    """The sheet "Summary": the first text of each line → what stands beside it."""
    lines = ([cell for cell in line if cell is not None] for line in openpyxl.load_workbook(path)["Summary"].values)
    return {str(line[0]): tuple(line[1:]) for line in lines if line}


def test_the_first_workbook_tells_what_went_in_a_later_round(clerk: Clerk) -> None:
    """What was open in it is told as posted, under the number and with the amount that it went with; the next step is
    in the newest workbook. The total that was stated for the run still counts against the wrong one of the file."""
    first = row(clerk.number(1))
    wrong = row(clerk.number(2), "90.00", line_amount="95.00", memo="Two")
    path = clerk.writes("march.csv", first, wrong)
    path.write_text(path.read_text() + "Grand Total,,,,,,,200.00,,\n")
    said = clerk.runs("submit", "march.csv", "--yes", "--expect-total", "190.00")
    assert clerk.posted() == {clerk.number(1): 1}, said.err
    book = openpyxl.load_workbook(clerk.folder / "march.results.xlsx")
    sheet = book["To fix"]
    headings = [cell.value for cell in sheet[1]]
    sheet.cell(2, headings.index("invoice_number") + 1).value = clerk.number("2b")
    sheet.cell(2, headings.index("total_amount") + 1).value = 95
    book.save(clerk.folder / "fixed.xlsx")
    clerk.runs("submit", "fixed.xlsx", "--yes", "--expect-total", "195.00", "--summary", "x.html")
    assert clerk.posted() == {clerk.number(1): 1, clerk.number("2b"): 1}
    page = (clerk.folder / "x.html").read_text(encoding="utf-8")
    assert "From the vendor's file to what was read" in page
    assert "2 cells corrected" in page
    clerk.runs("status")

    said_now = summary(clerk.folder / "march.results.xlsx")
    assert said_now["Posted"][:2] == (1, 100)
    assert said_now["Posted before"][:2] == (1, 90)
    assert said_now["Posted, in this run or before"][:2] == (2, 195)
    assert said_now["Corrected in a later round"][0] == 5
    assert any("went on in fixed.results.xlsx" in line for line in said_now)
    assert not any("Nothing of the run is sent" in line or "give it back" in line for line in said_now)

    runs = [each for each in clerk.runs("history", "--json").answer["runs"] if each["command"] == "submit"]
    later, earlier = (each["run"] for each in runs)
    told = clerk.runs("history", later, "--json").answer
    assert [each["name"] for each in told["runs"][0]["vendor_files"]] == ["march.csv"]
    assert [each["run"] for each in told["runs"][0]["rounds"]] == [earlier]
    assert told["runs"][0]["expected"] == {"count": None, "total": 19500}
    assert [(each["was"], each["now"]) for each in told["corrections"]][1] == ("90.00", "95")
    told = clerk.runs("history", earlier, "--json").answer
    assert (told["went_on_in"]["run"], told["now"]["counts"]["already_posted"]) == (later, 1)
    out = clerk.runs("history", earlier).out
    for words in ("Outcome then", "Its invoices now", "Went on in", "Stated total", clerk.number("2b")):
        assert words in out


def edits(path: Path, to: str, number: str, sheet: str = "To fix", **cells: object) -> Path:
    """A copy of a workbook in which a clerk has typed into the row of an invoice."""
    book = openpyxl.load_workbook(path)
    at, headings = where(book, sheet, number)
    for name, value in cells.items():
        book[sheet].cell(at, headings.index(name) + 1).value = value
    book.save(path.with_name(to))
    return path.with_name(to)


def where(book: openpyxl.Workbook, sheet: str, number: str) -> tuple[int, list[object]]:
    """The row of an invoice in a sheet, and the sheet's headings."""
    lines = [list(line) for line in book[sheet].values]
    column = lines[0].index("invoice_number")
    return next(at for at, line in enumerate(lines, start=1) if line[column] == number), lines[0]


def statuses(path: Path) -> dict[object, object]:
    """The sheet "Invoices": number → status."""
    return {line[1]: line[0] for line in list(openpyxl.load_workbook(path)["Invoices"].values)[1:]}


def all_of(path: Path) -> list[dict[object, object]]:
    """The last lines of both tables of the sheet "Tie-out", by heading."""
    headings: tuple[object, ...] = ()
    found = []
    for line in openpyxl.load_workbook(path)["Tie-out"].values:
        headings = line if line[0] in ("Vendor", "Property") else headings
        if line[0] == "All":
            found.append(dict(zip(headings, line, strict=True)))
    return found


def test_every_workbook_of_the_chain_tells_what_became_of_an_invoice(clerk: Clerk) -> None:
    """Whatever they are called, and whether or not their own round has posted anything: the newest one, too, learns
    that ResMan did not take what it knew as posted, and that what was in doubt is settled."""
    failing, unsure, open_one = (clerk.number(name) for name in ("FAIL", "TIMEOUT-KEPT", "open"))
    first = clerk.writes("march.csv", row(failing), row(unsure), row(open_one, memo=""))
    clerk.runs("submit", "march.csv", "--yes")
    again = first.with_name("the same once more.csv")
    again.write_bytes(first.read_bytes())
    clerk.runs("submit", again, "--yes")
    book = openpyxl.load_workbook(clerk.folder / "march.results.xlsx")
    book["To fix"].delete_rows(2)
    book.save(clerk.folder / "corrected.xlsx")
    clerk.runs("submit", "corrected.xlsx", "--yes")
    names = ("march.results.xlsx", "the same once more.results.xlsx", "corrected.results.xlsx")
    for expected in ("In doubt", "Posted before"):
        clerk.runs("status") if expected == "In doubt" else clerk.runs("settle", "--sync")
        for name in names:
            found = statuses(clerk.folder / name)
            assert found[failing] == "Refused", name
            assert str(found[unsure]).startswith("Posted" if expected == "Posted before" else expected), name


def test_the_tie_out_tells_what_was_sent_and_what_is_read_otherwise(clerk: Clerk) -> None:
    """By vendor and by property as in Summary: what was corrected in a later round, and what is gone from the rows."""
    path = clerk.writes("march.csv", row(clerk.number(1)), row(clerk.number(2), "20.00", memo=""))
    clerk.runs("submit", "march.csv", "--yes")
    results = clerk.folder / "march.results.xlsx"
    edits(results, "fixed.xlsx", clerk.number(2), memo="Two", total_amount=999, line_amount=999)
    clerk.runs("submit", "fixed.xlsx", "--yes")
    clerk.runs("status")
    for sums in all_of(results):
        assert (sums["Read"], sums["Posted"], sums["Confirmed in ResMan"]) == (120, 1099, 1099)
        assert (sums["Posted otherwise than read"], sums["Difference"]) == (979, 0)

    book = openpyxl.load_workbook(clerk.folder / "fixed.results.xlsx")
    book["Rows"].delete_rows(where(book, "Rows", clerk.number(2))[0])
    book.save(clerk.folder / "less.xlsx")
    clerk.runs("check", "less.xlsx", "--results", "proof.xlsx")
    held = summary(clerk.folder / "proof.xlsx")["Posted out of these files"]
    assert held[:2] == (2, 1099)
    for sums in all_of(clerk.folder / "proof.xlsx"):
        assert (sums["Posted"], sums["Posted otherwise than read"], sums["Difference"]) == (1099, 999, 0)
    assert path.exists()


def test_a_row_that_was_moved_from_to_fix_into_rows_stays_the_vendors_row(clerk: Clerk) -> None:
    """It is read as corrected there, and not as typed in by hand: in whichever copy, its bill goes once."""
    for order, other_number in (("moved first", "Z-7719"), ("moved second", "Y-5513")):
        number = clerk.number(order)
        clerk.writes(f"{order}.csv", row(clerk.number(f"{order} good")), row(number, "20.00", memo=""))
        clerk.runs("submit", f"{order}.csv", "--yes")
        results = clerk.folder / f"{order}.results.xlsx"
        moved = edits(results, f"{order} a.xlsx", number, memo="Two")
        book = openpyxl.load_workbook(moved)
        at, _ = where(book, "To fix", number)
        cells = [cell.value for cell in book["To fix"][at]]
        book["To fix"].delete_rows(at)
        book["Rows"].append(cells)
        book.save(moved)
        other = edits(results, f"{order} b.xlsx", number, memo="Two", invoice_number=clerk.number(other_number))
        for given in (moved, other) if order == "moved first" else (other, moved):
            said = clerk.runs("submit", given, "--yes")
        assert said.code == 1
        assert "went out before" in said.out
    assert sorted(clerk.posted().values()) == [1, 1, 1, 1]


def test_a_posted_row_that_was_moved_into_to_fix_never_goes_again(clerk: Clerk) -> None:
    """Not even under another number."""
    clerk.writes("march.csv", row(clerk.number(1)), row(clerk.number(2), memo=""))
    clerk.runs("submit", "march.csv", "--yes")
    book = openpyxl.load_workbook(clerk.folder / "march.results.xlsx")
    at, headings = where(book, "Rows", clerk.number(1))
    cells = [cell.value for cell in book["Rows"][at]]
    cells[headings.index("invoice_number")] = clerk.number(9)
    book["Rows"].delete_rows(at)
    book["To fix"].append(cells)
    book.save(clerk.folder / "moved.xlsx")
    said = clerk.runs("submit", "moved.xlsx", "--yes", "--json")
    assert said.statuses[clerk.number(9)] == "conflict"
    assert clerk.posted() == {clerk.number(1): 1}


def test_what_is_in_doubt_stays_so_when_its_row_is_changed(clerk: Clerk) -> None:
    """Renumbered in "Rows", it is not merely "not sent": it may have arrived, the command says so by its exit code, and
    `submit` looks for it like for any other."""
    unsure, good = clerk.number("TIMEOUT-KEPT"), clerk.number(1)
    clerk.writes("march.csv", row(unsure, "70.00"), row(good))
    clerk.runs("submit", "march.csv", "--yes")
    clerk.runs("status")
    results = clerk.folder / "march.results.xlsx"
    assert statuses(results)[unsure] == "In doubt"
    edits(results, "changed.xlsx", unsure, "Rows", invoice_number=clerk.number("7"))
    said = clerk.runs("check", "changed.xlsx", "--json")
    assert (said.code, said.statuses[unsure]) == (3, "in_doubt")
    assert said.answer["amounts"]["in_doubt"] == 7000
    clerk.runs("settle", "--sync")
    said = clerk.runs("submit", "changed.xlsx", "--yes", "--json")
    assert (said.code, said.statuses[clerk.number("7")]) == (1, "conflict")
    assert clerk.posted() == {unsure: 1, good: 1}


def test_a_posted_row_that_was_changed_says_what_is_not_as_it_was_posted(clerk: Clerk) -> None:
    """So that it can be undone; and what to do with it does not contradict what is said of it."""
    clerk.writes("march.csv", row(clerk.number(1)))
    clerk.runs("submit", "march.csv", "--yes")
    results = clerk.folder / "march.results.xlsx"
    edits(results, "changed.xlsx", clerk.number(1), "Rows", memo="Mowing, twice", total_amount=120)
    said = clerk.runs("check", "changed.xlsx")
    assert "As posted: Memo was 'Mowing', is 'Mowing, twice'; Invoice Total was $100.00, is $120.00." in said.out
    line = list(openpyxl.load_workbook(clerk.folder / "changed.results.xlsx")["To fix"].values)[1]
    assert "Undo what was changed here, or delete the row: what was posted stays posted." in line


def test_what_was_worth_a_look_stays_in_the_workbook(clerk: Clerk) -> None:
    """A likely double bill that went is not forgotten by the workbook once `status` has written it anew."""
    clerk.writes("march.csv", row(clerk.number("2044")), row(clerk.number("2044-A")))
    assert "looks like" in clerk.runs("submit", "march.csv", "--yes").out
    results = clerk.folder / "march.results.xlsx"
    for _ in range(3):
        lines = list(openpyxl.load_workbook(results)["Invoices"].values)
        column = lines[0].index("Problems")
        assert all("looks like" in str(line[column]) and str(line[column]).count("\n") == 0 for line in lines[1:])
        clerk.runs("status")
    assert statuses(results)[clerk.number("2044")] == "Posted"


def test_what_is_typed_over_our_columns_is_named_and_holds_its_invoice(clerk: Clerk) -> None:
    """It may say that the bill is not to be paid. What was cleared says nothing, and everything else goes."""
    typed = [("To fix", column) for column in ("Outcome", "Invoice", "Problems", "How to go on")]
    typed += [("Rows", column) for column in ("Outcome", "Invoice", "Problems", "Job id")]
    names = [clerk.number(at) for at in range(len(typed) + 2)]
    ready = [clerk.number(f"ready {column}") for column in ("Outcome", "Invoice", "Job id", "Problems")]
    bills = [row(name, f"{at}.50", memo="") for at, name in enumerate(names, start=1)]
    clerk.writes("march.csv", *bills, *(row(name, f"{at}.70") for at, name in enumerate(ready, start=1)))
    clerk.runs("check", "march.csv")
    book = openpyxl.load_workbook(clerk.folder / "march.results.xlsx")

    def types(sheet: str, number: str, column: str, text: str | None) -> None:
        at, headings = where(book, sheet, number)
        book[sheet].cell(at, headings.index(column) + 1).value = text

    for name in names:
        types("To fix", name, "memo", "Mowing")
    for name, (sheet, column) in zip(names, typed, strict=False):
        types(sheet, name, column, f"on hold in {column}")
    for name in ready:
        types("Rows", name, name.rpartition("ready ")[2], "wait")
    for sheet, column in typed:
        types(sheet, names[-1], column, None)
    book.save(clerk.folder / "noted.xlsx")
    said = clerk.runs("check", "noted.xlsx", "--json")
    going = {number for number, status in said.statuses.items() if status == "ready"}
    assert going == set(names[-2:])
    told = {
        each["invoice_number"]: each["problems"][0]["message"] for each in said.answer["invoices"] if each["problems"]
    }
    for name, (sheet, column) in zip(names, typed, strict=False):
        assert f"'on hold in {column}' was typed over the column “{column}”, which is not read" in told[name]
        assert f"of the sheet “{sheet}”" in told[name]
    assert all("'wait' was typed over" in told[name] for name in ready)


def test_a_row_whose_cells_were_emptied_is_named_like_one_that_was_deleted(clerk: Clerk) -> None:
    """Its invoice does not merely disappear among blank rows."""
    clerk.writes("march.csv", row(clerk.number(1)), row(clerk.number(2), "20.00", memo=""))
    clerk.runs("submit", "march.csv", "--yes")
    results = clerk.folder / "march.results.xlsx"
    nothing: dict[str, object] = dict.fromkeys(row(""))
    edits(results, "emptied.xlsx", clerk.number(2), "To fix", **nothing)
    said = clerk.runs("submit", "emptied.xlsx", "--yes")
    assert "Taken out of “To fix” by hand, and not sent: row 3 of march.csv." in said.out
    proof = summary(clerk.folder / "emptied.results.xlsx")
    assert proof["Taken out by hand"][:2] == (-1, -20)
    assert clerk.number(2) in str(proof["Taken out by hand"][2])
    # Emptied in both sheets, nothing keeps what it said: that is told, and nothing else is blamed for it.
    edits(clerk.folder / "emptied.xlsx", "both.xlsx", clerk.number(2), "Rows", **nothing)
    said = clerk.runs("check", "both.xlsx")
    assert (said.code, "row 3 of march.csv" in said.out) == (1, True)
    proof = summary(clerk.folder / "both.results.xlsx")
    assert proof["Changed or deleted in “Rows”"] == (-1, -20, "row 3 of march.csv: nothing tells what stood there.")
    assert "Read otherwise than at first" not in proof


def test_what_resman_did_not_take_of_an_invoice_is_not_forgotten(clerk: Clerk) -> None:
    """It has the invoice, and not its notes: settled, the workbook goes on saying so."""
    number = clerk.number("PARTIAL")
    clerk.writes("march.csv", row(number))
    clerk.runs("submit", "march.csv", "--yes")
    clerk.runs("status")
    assert statuses(clerk.folder / "march.results.xlsx")[number] == "In doubt"
    clerk.runs("settle", "--sync")
    for _ in range(2):
        lines = list(openpyxl.load_workbook(clerk.folder / "march.results.xlsx")["Invoices"].values)
        told = dict(zip(lines[0], lines[1], strict=True))
        assert (told["Status"], told["ResMan"]) == ("Posted", "confirmed")
        assert "Not all of it was taken: " in str(told["Problems"])
        assert "notes could not be saved" in str(told["Problems"])
        clerk.runs("status", "--json")


def test_an_older_workbook_is_said_to_be_one(clerk: Clerk) -> None:
    """Its row goes all the same, or is known; and one looks where the work went on."""
    two = [clerk.number(name) for name in ("A", "B")]
    clerk.writes("march.csv", *(row(number, memo="") for number in two))
    clerk.runs("submit", "march.csv", "--yes")
    results = clerk.folder / "march.results.xlsx"
    first = clerk.runs("submit", edits(results, "first.xlsx", two[0], memo="Mowing"), "--yes")
    assert "not the newest" not in first.out
    older = edits(results, "older.xlsx", two[1], memo="Mowing")
    for command in (("check",), ("submit", "--yes")):
        said = clerk.runs(*command, older).out
        assert "older.xlsx is not the newest any more" in said
        assert "went on in first.results.xlsx" in said
    assert clerk.posted() == dict.fromkeys(two, 1)
    clerk.runs("status")
    assert "not the newest" not in str(summary(clerk.folder / "first.results.xlsx"))


def test_a_posted_row_that_is_put_back_lets_the_rest_go(clerk: Clerk) -> None:
    """Changed in "Rows", it holds up the total that the file states: nothing keeps what it said. Put back as it was,
    the total is proven as before; what was corrected elsewhere is only pointed out."""
    posted, wrong = clerk.number(1), clerk.number(2)
    path = clerk.writes("march.csv", row(posted), row(wrong, "90.00", memo=""))
    path.write_text(path.read_text() + "Grand Total,,,,,,,190.00,,\n")
    clerk.runs("submit", "march.csv", "--yes")
    results = clerk.folder / "march.results.xlsx"
    slip = edits(results, "slip.xlsx", posted, "Rows", total_amount=109, line_amount=109)
    said = clerk.runs("submit", slip, "--yes")
    assert "changed or deleted in the sheet “Rows”, which may be why" in said.out
    undone = edits(
        clerk.folder / "slip.results.xlsx", "undone.xlsx", posted, total_amount="100.00", line_amount="100.00"
    )
    edits(undone, "undone.xlsx", wrong, memo="Two", total_amount=95, line_amount=95)
    said = clerk.runs("submit", "undone.xlsx", "--yes", "--json")
    assert said.statuses == {posted: "already_posted", wrong: "posted"}, said.out
    assert [each["code"] for each in said.answer["problems"]] == ["corrected-total"]
    assert clerk.posted() == {posted: 1, wrong: 1}


def test_an_invoice_in_doubt_whose_row_is_gone_stays_in_sight(clerk: Clerk) -> None:
    """Deleted or emptied in "Rows": the exit code, the steps and a sentence with its amount as sent say so; a round in
    which nothing goes for it learns what is settled."""
    unsure, good = clerk.number("TIMEOUT-KEPT"), clerk.number(1)
    clerk.writes("march.csv", row(unsure, "70.00"), row(good))
    clerk.runs("submit", "march.csv", "--yes")
    clerk.runs("status")
    book = openpyxl.load_workbook(clerk.folder / "march.results.xlsx")
    book["Rows"].delete_rows(where(book, "Rows", unsure)[0])
    book.save(clerk.folder / "gone.xlsx")
    results = clerk.folder / "march.results.xlsx"
    changed = edits(results, "changed.xlsx", unsure, "Rows", total_amount=77, line_amount=77)
    for given in ("gone.xlsx", changed):
        said = clerk.runs("submit", given, "--yes")
        assert said.code == 3
        assert "no answer tells whether 1 invoice arrived" in said.out
    assert f"It is not known whether {unsure} ($70.00, to vend-greenleaf) arrived." in str(
        summary(clerk.folder / "gone.results.xlsx")
    )
    assert "It was sent with $70.00." in said.out
    clerk.runs("settle", "--sync")
    for name in ("gone.results.xlsx", "changed.results.xlsx"):
        assert not any("no answer tells" in line for line in summary(clerk.folder / name)), name
    assert clerk.posted() == {unsure: 1, good: 1}


def test_a_whole_row_that_was_emptied_is_one_that_was_deleted(clerk: Clerk) -> None:
    """With our own columns in front, and the hidden mark left: in "To fix" it is taken out, in "Rows" it is named as
    gone, and the workbook is not refused as a whole."""
    clerk.writes("march.csv", row(clerk.number(1)), row(clerk.number(2), "20.00", memo=""))
    clerk.runs("submit", "march.csv", "--yes")
    for sheet, number, said in (
        ("To fix", clerk.number(2), "Taken out of “To fix” by hand, and not sent: row 3 of march.csv."),
        ("Rows", clerk.number(1), "row 2: The row is gone from the sheet “Rows”"),
    ):
        book = openpyxl.load_workbook(clerk.folder / "march.results.xlsx")
        at, headings = where(book, sheet, number)
        for column in range(1, len(headings)):
            book[sheet].cell(at, column).value = None
        book.save(clerk.folder / "emptied.xlsx")
        assert said in clerk.runs("check", "emptied.xlsx", "--no-results").out


def test_a_copy_of_a_posted_row_is_named_and_never_sent(clerk: Clerk) -> None:
    """Copied whole, with its hidden mark, and renumbered: in either sheet it may be the posted one, changed. What is
    open beside it goes."""
    clerk.writes("march.csv", row(clerk.number(1)), row(clerk.number(2), "20.00", memo=""))
    clerk.runs("submit", "march.csv", "--yes")
    for sheet in ("To fix", "Rows"):
        fixed = edits(clerk.folder / "march.results.xlsx", f"{sheet}.xlsx", clerk.number(2), memo="Two")
        book = openpyxl.load_workbook(fixed)
        at, headings = where(book, "Rows", clerk.number(1))
        cells = [cell.value for cell in book["Rows"][at]]
        cells[headings.index("invoice_number")] = clerk.number(f"new in {sheet}")
        book[sheet].append(cells)
        book.save(fixed)
        said = clerk.runs("submit", fixed, "--yes")
        assert "A copy of the row, whose invoice went before, is row" in said.out
        assert said.code == 1
    assert clerk.posted() == {clerk.number(1): 1, clerk.number(2): 1}
