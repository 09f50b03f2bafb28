"""Which currency a table says it is in, beside its amounts: in a column of its own, above the headings or below."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from importer.domain import problem_catalog
from importer.domain.cells import cell_text, column_letter
from importer.domain.fields import BY_NAME, ValueKind
from importer.domain.invoice import Row
from importer.domain.problems import Place, Problem
from importer.reading.cells.parse_cell import quoted
from importer.reading.columns.by_content import CURRENCY, CURRENCY_WORDS, currency_of
from importer.reading.columns.headings import display_heading, quoted_columns
from importer.reading.columns.meaning import heading_currency, words_of
from importer.reading.profiles.vendor_profile import Profile
from importer.reading.tables.parsed_table import ParsedTable

FEW = 40  # rows above the table, and below it, that are looked at
NO_CURRENCY = "Enter it in the account's currency; where the column is about something else, take it out of the file."
_NOUN = (
    r"(?:amounts?|prices?|figures?|totals?|values?|charges|fees|invoices|invoiced|billed|payable|quoted|stated|shown"
    r"|expressed|payments?|pay|remit|betr[äa]ge|preise|montants?|prix|importes?|precios|importi|prezzi|bedragen|prijzen|bel[øo]p)"
)
_IN = re.compile(rf"\b{_NOUN}\b.{{0,40}}?\b(?:in|en)\s+(?P<said>\S.*)", re.IGNORECASE)
_LABEL = re.compile(
    r"(?:\w+ ){0,2}(?:currency|ccy|währung|devise|moneda|moeda|valuta)(?: code)?"
    r"\s*(?:is|=|:|-|\u2013|\s)\s*(?P<said>\S.*)",
    re.IGNORECASE,
)
_REPORT = re.compile(
    r".*\b(?i:statement|register|invoices?|bills?|list|report|summary|account|charges|rechnungen|factur\w+)\b.*"
    r"\((?P<said>[A-Z]{3}|[€£])\)\W*"
)
_ONE_WORD = re.compile(r"[^\W\d_]{2,12}")  # after "Currency:", it is one, known here or not
_GOES_ON = re.compile(
    r"\W*(?:$|[.,;:(|/\u2013-]|\b(?:unless|only|funds|and|excl\w*|incl\w*|before|after|net|per|as|us)\b)"
)


def currency_remarks(layout: ParsedTable, profile: Profile) -> Iterator[tuple[Row, Problem]]:
    """Whatever a currency column says that is not clearly the account's currency; "Amount USD" beside it is anyway."""
    first = layout.mapped.others.get(CURRENCY)
    if first is None or _said_by_headings(layout) == {profile.currency}:
        return
    for index in (first, *layout.mapped.hints.get(CURRENCY, ())):
        cells = layout.cells.once(index)
        texts = {cell: cell_text(cell).strip() for cell in set(cells)}
        foreign = {cell for cell, text in texts.items() if text and currency_of(text) != profile.currency}
        heading = layout.source.headings[index]
        is_named = bool(words_of(display_heading(heading)) & CURRENCY_WORDS)
        for row, cell in zip(layout.rows, cells, strict=True) if foreign else ():
            if cell in foreign:
                said = f"The row is in {quoted(texts[cell])}" + (
                    "" if is_named else f" by {quoted_columns([(index, heading)])}"
                )
                what = f"{said}, and the account is in {profile.currency}."
                place = replace(row.place(), column=column_letter(index))
                advice = None if is_named else NO_CURRENCY
                yield row, Problem(problem_catalog.OTHER_CURRENCY, what, place, value=texts[cell], advice=advice)


def stated_currency(layout: ParsedTable, profile: Profile) -> Iterator[Problem]:
    """A title or a footnote by which all amounts are in another currency, where no column and no heading says one."""
    if CURRENCY in layout.mapped.others or _said_by_headings(layout) == {profile.currency}:
        return
    beside = [each for each in layout.skipped if each.reason != "blank"]
    for row in beside if len(beside) <= 2 * FEW else (*beside[:FEW], *beside[-FEW:]):
        texts = [
            (at, display_heading(cell)) for at, cell in enumerate(row.cells) if isinstance(cell, str) and cell.strip()
        ]
        said = stated(" ".join(text for _, text in texts)) or next(
            filter(None, (stated(text) for _, text in texts)), ""
        )
        if said and said != profile.currency:
            at, text = next((each for each in texts if stated(each[1])), texts[0])
            what = f"{quoted(text)}: the amounts are in {said} by that, and the account is in {profile.currency}."
            place = Place(layout.source.file, layout.source.sheet, row.row, column_letter(at))
            yield Problem(problem_catalog.STATED_CURRENCY, what, place, value=text)
            return


def stated(text: str) -> str:
    """The ISO code of the currency in which a sentence says that amounts are, or the word for one that is not known; ""
    for any other text."""
    found = _LABEL.fullmatch(text)
    if found is not None:
        strange = _ONE_WORD.fullmatch(found["said"].strip(" .()[]"))
        return _named_first(found["said"], anything=True) or (strange[0].upper() if strange is not None else "")
    found = _IN.search(text)
    if found is not None:
        return _named_first(found["said"], anything=False)
    found = _REPORT.fullmatch(text)
    return (currency_of(found["said"]) or "") if found is not None else ""


def _named_first(said: str, *, anything: bool) -> str:
    """The currency with which a text begins; with `anything`, whatever follows it."""
    words = said.split()
    for count in range(min(4, len(words)), 0, -1):
        begin, rest = " ".join(words[:count]), " ".join(words[count:])
        code = currency_of(begin.strip(" .()[]"))
        if code is not None and (anything or _GOES_ON.match(rest)):
            return code
    return ""


def _said_by_headings(layout: ParsedTable) -> set[str | None]:
    """The currencies that the headings of the amounts name; None among them where one names none."""
    parts = [*layout.mapped.parts.values(), layout.mapped.columns]
    amounts = {
        at for part in parts for name, at in part.items() if BY_NAME[name].kind in (ValueKind.DOLLARS, ValueKind.CENTS)
    }
    amounts |= {at for _, at in layout.mapped.extras}
    amounts |= {at for name, at in layout.mapped.others.items() if name in ("debit", "credit")}
    return {heading_currency(display_heading(layout.source.headings[at])) for at in amounts}
