"""A vendor's saved layout: what a TOML file may say, how one is chosen for a file, and how one is written."""

from __future__ import annotations

import json
import string
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, get_args

from importer.domain.cells import Cell
from importer.domain.fields import BY_NAME, ValueKind
from importer.domain.invoice import Rounding
from importer.errors import BadSettings
from importer.home import private_files
from importer.reading.cells.parse_date import DateOrder, read_text_date
from importer.reading.cells.parse_money import currency_code
from importer.reading.columns.headings import display_heading, normalised
from importer.reading.formats.raw_workbook import RawWorkbook
from importer.reading.invoices.given_dates import CELL

PLACEHOLDERS = ("file", "sheet", "row", "invoice_number", "vendor_id", "property_id", "invoice_date")
"""What a text in [defaults] may refer to, in braces."""

SEARCHED_ROWS = 60
TELLING = 100_000  # a text that the vendor's files alone have counts for more than all headings
MOST_ROUNDING = 100
"""Cents: past this a difference is no rounding, whatever a profile says."""


@dataclass(frozen=True, slots=True)
class ExtraLine:
    """A column whose amount is a further line of its invoice: tax, freight, or one service of a wide sheet."""

    heading: str
    financial_account_id: str | None = None
    notes: str | None = None  # the heading, where nothing else is said
    is_deducted: bool = False  # a discount or a credit: taken off, whichever sign the column writes it with


@dataclass(frozen=True, slots=True)
class Profile:
    """One saved layout. What it does not say is found out from the file."""

    name: str
    filename: str | None = None  # a pattern such as "acme*.xlsx"
    headings: tuple[str, ...] = ()  # all of them must be there for the profile to be chosen by itself
    texts: tuple[str, ...] = ()  # one of them stands in each of the vendor's files: so it is known for whose it is
    is_meant: bool = False  # a person named it for this very file, or the file shows whose it is
    sheet: str | int | None = None  # a name, a 1-based place, or "*" for all
    lines_sheet: str | None = None  # where the lines stand on a sheet of their own, joined by invoice number
    header_row: int | None = None  # 1-based
    date_order: DateOrder | None = None
    decimal: str | None = None
    thousands: str | None = None
    currency: str = "USD"
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    terms_days: int | None = None
    extra_lines: tuple[ExtraLine, ...] = ()
    rounding: Rounding | None = None  # a line that makes up for cents, up to a limit; None: there is none
    seen: tuple[str, ...] = ()  # the headings of the file that it was made from: a change is noticed

    @property
    def named(self) -> frozenset[str]:
        """Every heading that the profile looks for."""
        in_columns = (heading for headings in self.columns.values() for heading in headings)
        return frozenset((*in_columns, *(line.heading for line in self.extra_lines), *self.headings))


_NO_KEYS = {"named", "filename", "headings", "texts", "is_meant", "terms_days"}

NO_PROFILE = Profile("")
"""Nothing is settled beforehand."""


# ---------------------------------------------------------------------- from and to TOML


def load_profile(path: Path) -> Profile:
    """The profile that a file holds. Raises BadSettings with the key that is wrong."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadSettings(f"The profile {path.name} cannot be read: {error.strerror or error}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"The profile {path.name} is not valid TOML: {error}.") from error
    return parse_profile(said, path.stem)


def parse_profile(said: Mapping[str, Any], name: str) -> Profile:
    """A profile from the tables of a TOML file. Raises BadSettings with the key that is wrong."""
    return _Parser(name, dict(said)).profile()


class _Parser:
    def __init__(self, name: str, said: dict[str, Any]) -> None:
        self._said = said
        self._name = said.get("name") if isinstance(said.get("name"), str) else name

    def profile(self) -> Profile:
        said = self._said
        match, columns = self._table(said, "match"), self._table(said, "columns")
        defaults = dict(self._table(said, "defaults"))
        known = {each.name for each in fields(Profile)} - _NO_KEYS | {"match", "for_this_file"}
        self._refuse_unknown(said, known, "")
        self._refuse_unknown(match, {"filename", "headings", "text"}, "match.")
        self._refuse_unknown(columns, set(BY_NAME), "columns.")
        self._refuse_unknown(defaults, {*BY_NAME, "terms_days"}, "defaults.")
        terms = defaults.pop("terms_days", None)
        if terms is not None and (not isinstance(terms, int) or isinstance(terms, bool) or not 0 <= terms <= 365):
            raise self._bad("defaults.terms_days", "a number of days from 0 to 365")
        return Profile(
            name=str(self._name),
            filename=self._text(match, "filename", "match."),
            headings=self._texts(match, "headings", "match."),
            texts=self._texts(match, "text", "match."),
            is_meant=said.get("for_this_file") is True,
            sheet=self._sheet(),
            lines_sheet=self._text(said, "lines_sheet"),
            header_row=self._header_row(),
            date_order=self._choice("date_order", get_args(DateOrder)),
            decimal=self._choice("decimal", (".", ",")),
            thousands=self._choice("thousands", (".", ",", " ", "'", "")),
            currency=self._currency(),
            columns={key: self._texts(columns, key, "columns.") for key in columns},
            defaults={key: self._default(defaults, key) for key in defaults},
            terms_days=terms,
            extra_lines=tuple(map(self._extra_line, self._tables("extra_lines"))),
            rounding=self._rounding(),
            seen=self._texts(said, "seen"),
        )

    def _bad(self, key: str, expected: str) -> BadSettings:
        return BadSettings(f"Profile {self._name}: {key} must be {expected}.")

    def _refuse_unknown(self, table: Mapping[str, Any], known: set[str], prefix: str) -> None:
        unknown = [key for key in table if key not in known]
        if unknown:
            raise BadSettings(
                f"Profile {self._name} says {prefix}{unknown[0]}, which is no setting of a profile.",
                f"Known here: {', '.join(sorted(known))}.",
            )

    def _table(self, said: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = said.get(key, {})
        if not isinstance(value, dict):
            raise self._bad(key, "a table")
        return value

    def _tables(self, key: str) -> list[Mapping[str, Any]]:
        value = self._said.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self._bad(key, f"tables, each headed [[{key}]]")
        return value

    def _text(self, table: Mapping[str, Any], key: str, prefix: str = "") -> str | None:
        value = table.get(key)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise self._bad(prefix + key, "text in quotes")
        return value

    def _texts(self, table: Mapping[str, Any], key: str, prefix: str = "") -> tuple[str, ...]:
        value = table.get(key, [])
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(each, str) and each.strip() for each in values):
            raise self._bad(prefix + key, "a heading in quotes, or a list of them")
        return tuple(values)

    def _choice(self, key: str, choices: Sequence[str]) -> Any:
        value = self._said.get(key)
        if value is not None and value not in choices:
            raise self._bad(key, f"one of {', '.join(repr(choice) for choice in choices)}")
        return value

    def _sheet(self) -> str | int | None:
        value = self._said.get("sheet")
        if value is not None and not isinstance(value, (str, int)):
            raise self._bad("sheet", 'a sheet\'s name, its place counted from 1, or "*"')
        return value

    def _header_row(self) -> int | None:
        value = self._said.get("header_row")
        if value is not None and (not isinstance(value, int) or value < 1):
            raise self._bad("header_row", "the number of a row, as the spreadsheet shows it")
        return value

    def _currency(self) -> str:
        code = currency_code(self._text(self._said, "currency") or "USD")
        if code is None:
            raise self._bad("currency", 'a currency\'s code by ISO 4217, such as "USD"')
        return code

    def _default(self, defaults: Mapping[str, Any], key: str) -> str:
        value = defaults[key]
        if isinstance(value, date):  # in quotes or without
            value = f"{value:%Y-%m-%d}"
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not value.strip():
            raise self._bad(f"defaults.{key}", "text in quotes")
        try:
            used = [(name, more or how) for _, name, more, how in string.Formatter().parse(value) if name is not None]
        except ValueError:
            raise self._bad(f"defaults.{key}", "text whose braces are closed") from None
        for name, more in used:
            if more:
                raise self._bad(f"defaults.{key}", f"text in which the braces hold a name alone, as in {{{name}}}")
            if name not in PLACEHOLDERS:
                raise self._bad(
                    f"defaults.{key}", f"text that refers to {', '.join(PLACEHOLDERS)} only, not {{{name}}}"
                )
        is_day = used or CELL.fullmatch(value) or isinstance(read_text_date(value, self._said.get("date_order")), date)
        if BY_NAME.get(key) is not None and BY_NAME[key].kind is ValueKind.DATE and not is_day:
            raise self._bad(f"defaults.{key}", 'a date like 2026-03-31, a cell like "H3", or a name like "{sheet}"')
        return value

    def _extra_line(self, said: Mapping[str, Any]) -> ExtraLine:
        self._refuse_unknown(said, {"heading", "financial_account_id", "notes", "deducted"}, "extra_lines.")
        heading = self._text(said, "heading", "extra_lines.")
        if heading is None:
            raise self._bad("extra_lines.heading", "the heading of a column")
        account = self._text(said, "financial_account_id", "extra_lines.")
        deducted = said.get("deducted", False)
        if not isinstance(deducted, bool):
            raise self._bad("extra_lines.deducted", "true or false")
        return ExtraLine(heading, account, self._text(said, "notes", "extra_lines."), deducted)

    def _rounding(self) -> Rounding | None:
        said = self._table(self._said, "rounding")
        if not said:
            return None
        self._refuse_unknown(said, {"limit", "financial_account_id"}, "rounding.")
        limit = said.get("limit")
        is_number = isinstance(limit, (int, float)) and not isinstance(limit, bool) and 0 < limit <= MOST_ROUNDING
        cents = Decimal(str(limit)) * 100 if is_number else Decimal()
        if not 0 < cents <= MOST_ROUNDING or cents != int(cents):
            raise self._bad("rounding.limit", "dollars in whole cents, from 0.01 to 1.00")
        account = self._text(said, "financial_account_id", "rounding.")
        if account is None:
            raise self._bad("rounding.financial_account_id", "the GL account of the rounding line")
        return Rounding(int(cents), account)


def _toml(value: str | int | Sequence[str]) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value) if isinstance(value, int) else f"[{', '.join(map(_toml, value))}]"


def profile_text(profile: Profile) -> str:
    """The profile as TOML that `parse_profile` reads back equal."""
    lines = [f"name = {_toml(profile.name)}"]
    match = []
    if profile.filename:
        match.append(f"filename = {_toml(profile.filename)}")
    if profile.headings:
        match.append(f"headings = {_toml(profile.headings)}")
    if profile.texts:
        match.append(f"text = {_toml(profile.texts)}")
    if match:
        lines.append(f"match = {{ {', '.join(match)} }}")
    for key in ("sheet", "lines_sheet", "header_row", "date_order", "decimal", "thousands"):
        value = getattr(profile, key)
        if value is not None:
            lines.append(f"{key} = {_toml(value)}")
    if profile.currency != "USD":
        lines.append(f"currency = {_toml(profile.currency)}")
    if profile.is_meant:
        lines.append("for_this_file = true")
    if profile.seen:
        lines.append(f"seen = {_toml(profile.seen)}")
    if profile.columns:
        lines += ["", "[columns]"]
        lines += [f"{key} = {_toml(each[0] if len(each) == 1 else each)}" for key, each in profile.columns.items()]
    if profile.defaults or profile.terms_days is not None:
        lines += ["", "[defaults]"]
        lines += [f"{key} = {_toml(value)}" for key, value in profile.defaults.items()]
        if profile.terms_days is not None:
            lines.append(f"terms_days = {profile.terms_days}")
    for extra in profile.extra_lines:
        lines += ["", "[[extra_lines]]", f"heading = {_toml(extra.heading)}"]
        if extra.financial_account_id is not None:
            lines.append(f"financial_account_id = {_toml(extra.financial_account_id)}")
        if extra.notes is not None:
            lines.append(f"notes = {_toml(extra.notes)}")
        if extra.is_deducted:
            lines.append("deducted = true")
    if profile.rounding is not None:
        lines += ["", "[rounding]", f"limit = {Decimal(profile.rounding.limit) / 100:.2f}"]
        lines.append(f"financial_account_id = {_toml(profile.rounding.financial_account_id)}")
    return "\n".join(lines) + "\n"


def save_profile(profile: Profile, folder: Path) -> Path:
    """Writes the profile under its name into the folder and says where. An existing one of that name is replaced."""
    private_files.make_folder(folder)
    path = folder / f"{normalised_name(profile.name)}.toml"
    draft = path.with_suffix(".toml.new")
    private_files.write_text(draft, profile_text(profile))
    draft.replace(path)
    return path


def normalised_name(name: str) -> str:
    """A profile's name as a file name: letters, digits and hyphens."""
    kept = "".join(letter if letter.isalnum() else "-" for letter in name.casefold())
    return "-".join(part for part in kept.split("-") if part) or "profile"


def load_profiles(folder: Path) -> tuple[Profile, ...]:
    """Every profile of a folder, by name; none where the folder is not there. Raises BadSettings for a broken one."""
    return tuple(load_profile(path) for path in sorted(folder.glob("*.toml"))) if folder.is_dir() else ()


def saved_as(name: str, folder: Path) -> Path:
    """The file of a saved profile. Raises BadSettings where there is none of that name."""
    profile = find_profile(name, known := load_profiles(folder))
    for path in sorted(folder.glob("*.toml")):
        if profile in known and load_profile(path) == profile:
            return path
    raise BadSettings(f"There is no profile named {name} in {folder}.")


def find_profile(name: str, profiles: Sequence[Profile]) -> Profile:
    """`--profile`: a profile by its name, or a path to one. Raises BadSettings where there is neither."""
    wanted = normalised_name(name)
    for profile in profiles:
        if profile.name == name or normalised_name(profile.name) == wanted:
            return profile
    path = Path(name)
    if path.suffix == ".toml" or path.is_file():
        return load_profile(path)
    known = ", ".join(profile.name for profile in profiles) or "none yet"
    raise BadSettings(f"There is no profile named {name}.", f"Known: {known}. A path to a .toml file will do as well.")


# ---------------------------------------------------------------------- which profile fits a file


@dataclass(frozen=True, slots=True)
class Chosen:
    """The profile for a file, and what has changed in the file since it was made, in a sentence."""

    profile: Profile
    missing: tuple[str, ...] = ()  # headings that the profile looks for by `match` and that are gone


def choose_profile(contents: RawWorkbook, profiles: Sequence[Profile]) -> Chosen | None:
    """The profile that fits the file by name and headings; None where none does.

    A profile whose file name fits but of whose headings some are gone is chosen with those named: a layout that has
    changed. Raises BadSettings where two fit equally well.
    """
    lines = _heading_lines(contents)
    fitting: list[tuple[int, Chosen]] = []
    changed: list[Chosen] = []
    for profile in profiles:
        if profile.filename is None and not profile.headings and not says_a_text(profile.texts, contents):
            continue
        if profile.filename and not fnmatch(_own_name(contents), profile.filename.casefold()):
            continue
        missing = _missing(profile.headings, lines)
        if not missing:
            precision = 100 * len(profile.headings) + len((profile.filename or "").replace("*", ""))
            precision += TELLING * says_a_text(profile.texts, contents)
            fitting.append((precision, Chosen(profile)))
        elif profile.filename and len(missing) * 2 <= len(profile.headings):
            changed.append(Chosen(profile, missing))
    if not fitting:
        return changed[0] if len(changed) == 1 else None
    best = max(precision for precision, _ in fitting)
    first, *others = [chosen for precision, chosen in fitting if precision == best]
    if others:
        names = ", ".join(chosen.profile.name for chosen in (first, *others))
        raise BadSettings(
            f"{contents.file.name} fits several profiles: {names}.",
            "Choose one with --profile, or say in the `match` of one what its files alone have: a name, a heading.",
        )
    return first


def says_a_text(wanted: Sequence[str], contents: RawWorkbook) -> bool:
    """Whether one of these texts stands in the file's name, in the name of a sheet or in a cell of its first rows."""
    names = {normalised(each) for each in wanted} - {""}
    return any(name in normalised(text) for text in _said_in(contents) for name in names) if names else False


def _said_in(contents: RawWorkbook) -> Iterator[str]:
    yield _own_name(contents)
    for sheet in contents.sheets:
        if sheet.name:
            yield sheet.name
        for row in sheet.rows[:SEARCHED_ROWS]:
            yield from (display_heading(cell) for cell in row if isinstance(cell, str))


def _heading_lines(contents: RawWorkbook) -> list[set[str]]:
    def words(row: Sequence[Cell]) -> set[str]:
        return {normalised(display_heading(cell)) for cell in row if isinstance(cell, str)}

    sheets = [sheet for sheet in contents.sheets if sheet.visible]
    return [words(row) for sheet in sheets for row in sheet.rows[:SEARCHED_ROWS]]


def _own_name(contents: RawWorkbook) -> str:
    """The file's name without the folders that tell it from another of the same name."""
    return contents.file.name.rpartition("/")[2].casefold()


def _missing(headings: Sequence[str], lines: Sequence[set[str]]) -> tuple[str, ...]:
    """The headings that are not in the row that has most of them."""
    wanted = {normalised(heading): heading for heading in headings}
    best = max((wanted.keys() & line for line in lines), key=len, default=set())
    return tuple(heading for key, heading in wanted.items() if key not in best)
