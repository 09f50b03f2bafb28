"""What the stand-in lets in: the contract's tables of fields as data, and complaints in Zod's words, all at once."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, NoReturn

from importer.sandbox.behaviour import Behaviour

Json = dict[str, object]


class Invalid(Exception):
    """A request that is answered with 400. Without issues, the answer carries no `details`."""

    def __init__(self, message: str, issues: Sequence[Json] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.issues = list(issues)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a request body."""

    name: str
    kind: Literal["string", "date", "integer", "number", "boolean", "strings"]
    required: bool = True
    minimum: int | None = None


INVOICE: tuple[Field, ...] = (
    Field("integration_id", "string"),
    Field("property_id", "string"),
    Field("vendor_id", "string"),
    Field("invoice_number", "string"),
    Field("invoice_date", "date"),
    Field("due_date", "date"),
    Field("accounting_date", "date", required=False),
    Field("notes", "string"),
    Field("memo", "string"),
    Field("total_amount_in_cents", "integer", minimum=0),
)
"""Contract, "Create an invoice in ResMan", without the list of lines."""

LINES = "invoice_items"

RESMAN_LINE: tuple[Field, ...] = (
    Field("financial_account_id", "string", required=False),
    Field("quantity_ordered", "number", required=False),
    Field("unit_price_in_cents", "integer", required=False),
    Field("notes", "string", required=False),
)

ANY_SYSTEM_LINE: tuple[Field, ...] = (
    Field("financial_account_id", "string", required=False),
    Field("property_id", "string", required=False),
    Field("total_amount_in_cents", "integer", required=False),
    Field("notes", "string", required=False),
)
"""Contract, "A sister call"."""

WEBHOOK: tuple[Field, ...] = (
    Field("url", "string"),
    Field("triggers", "strings"),
    Field("secret", "string"),
    Field("active", "boolean", required=False),
)

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d))?")


def _issue(code: str, path: Sequence[str | int], message: str) -> Json:
    return {"code": code, "path": list(path), "message": message}


def _type_of(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return _MOMENT.fullmatch(text) is not None


def _wrong_type(expected: str, value: object, path: Sequence[str | int]) -> Json:
    return _issue("invalid_type", path, f"Expected {expected}, received {_type_of(value)}")


def _check_number(field: Field, value: float, path: Sequence[str | int]) -> list[Json]:
    issues = []
    # JavaScript has one kind of number: 1.0 is an integer there. 1e999 is infinite, and no amount of anything.
    if math.isinf(value) or (field.kind == "integer" and value % 1):
        issues.append(_issue("invalid_type", path, "Expected integer, received float"))
    if field.minimum is not None and value < field.minimum:
        message = f"Number must be greater than or equal to {field.minimum}"
        issues.append(_issue("too_small", path, message))
    return issues


def _check_value(field: Field, value: object, path: Sequence[str | int]) -> list[Json]:
    expected = {"date": "string", "strings": "array"}.get(field.kind, field.kind)
    if expected in ("integer", "number"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return [_wrong_type("number", value, path)]
        return _check_number(field, value, path)
    if _type_of(value) != expected:
        return [_wrong_type(expected, value, path)]
    if isinstance(value, list):
        return [_wrong_type("string", one, [*path, at]) for at, one in enumerate(value) if not isinstance(one, str)]
    if field.kind == "date" and isinstance(value, str) and not _is_moment(value):
        return [_issue("invalid_string", path, "Invalid datetime")]
    return []


def _check_fields(fields: Sequence[Field], value: object, path: Sequence[str | int], also: str = "") -> list[Json]:
    if not isinstance(value, dict):
        return [_wrong_type("object", value, path)]
    issues: list[Json] = []
    for field in fields:
        if field.name in value:
            issues += _check_value(field, value[field.name], [*path, field.name])
        elif field.required:
            issues.append(_issue("invalid_type", [*path, field.name], "Required"))
    if unknown := [name for name in value if name != also and name not in {field.name for field in fields}]:
        names = ", ".join(f"'{name}'" for name in unknown)
        issues.append(_issue("unrecognized_keys", path, f"Unrecognized key(s) in object: {names}"))
    return issues


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def read_json(body: bytes, content_type: str) -> object:
    """The body as JSON. Raises Invalid where it is none, or is not declared to be."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Invalid("The body must be JSON, sent with content-type: application/json")
    try:
        value: object = json.loads(body, parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair can be escaped, but never answered
    except (ValueError, RecursionError) as unreadable:
        raise Invalid(f"The body is not valid JSON: {unreadable}") from unreadable
    return value


def read_object(value: object, fields: Sequence[Field]) -> Json:
    """The value, when it has these fields and no others. Raises Invalid with every issue."""
    if issues := _check_fields(fields, value, []):
        raise Invalid("Invalid request", issues)
    assert isinstance(value, dict)  # noqa: S101 -- what is no object has an issue; this tells the type checker
    return value


def read_invoice(value: object, line: Sequence[Field], behaviour: Behaviour) -> Json:
    """The invoice, when it can be accepted. Raises Invalid with every issue, in the order of the contract's table."""
    issues = _check_fields(INVOICE, value, [], also=LINES)
    if isinstance(value, dict):
        if LINES not in value:
            issues.append(_issue("invalid_type", [LINES], "Required"))
        elif not isinstance(lines := value[LINES], list):
            issues.append(_wrong_type("array", lines, [LINES]))
        else:
            for index, one in enumerate(lines):
                issues += _check_line(line, one, [LINES, index], behaviour)
        if not issues:
            return value
    raise Invalid("Invalid request", issues)


def _check_line(line: Sequence[Field], value: object, path: Sequence[str | int], behaviour: Behaviour) -> list[Json]:
    issues = _check_fields(line, value, path)
    if isinstance(value, dict):
        quantity, price = value.get("quantity_ordered"), value.get("unit_price_in_cents")
        if isinstance(quantity, float) and not quantity.is_integer() and not behaviour.fractional_quantity:
            issues.append(_issue("invalid_type", [*path, "quantity_ordered"], "Expected integer, received float"))
        if isinstance(price, int | float) and price < 0 and not behaviour.negative_unit_price:
            message = "Number must be greater than or equal to 0"
            issues.append(_issue("too_small", [*path, "unit_price_in_cents"], message))
    return issues


def accounting_day(invoice: Mapping[str, object]) -> date:
    """The day on which an accepted invoice is booked."""
    return datetime.fromisoformat(str(invoice.get("accounting_date", invoice["invoice_date"]))).date()


# ---------------------------------------------------------------------- query strings


class Query:
    """The parameters of one request. Collects issues; `done` raises Invalid with all of them."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = dict(given)
        self._known: set[str] = set()
        self._issues: list[Json] = []

    def text(self, name: str) -> str | None:
        """As given, None where absent."""
        self._known.add(name)
        return self._given.get(name)

    def choice(self, name: str, choices: Sequence[str]) -> str | None:
        """One of the choices, None where absent."""
        value = self.text(name)
        if value is not None and value not in choices:
            expected = " | ".join(f"'{choice}'" for choice in choices)
            message = f"Invalid enum value. Expected {expected}, received '{value}'"
            self._issues.append(_issue("invalid_enum_value", [name], message))
        return value

    def whole(self, name: str, default: int, low: int, high: int | None = None) -> int:
        """A whole number within bounds."""
        value = self.text(name)
        if value is None:
            return default
        if not re.fullmatch(r"-?[0-9]{1,15}", value):
            self._issues.append(_issue("invalid_type", [name], "Expected number, received nan"))
            return default
        number = int(value)
        if number < low:
            message = f"Number must be greater than or equal to {low}"
            self._issues.append(_issue("too_small", [name], message))
        elif high is not None and number > high:
            self._issues.append(_issue("too_big", [name], f"Number must be less than or equal to {high}"))
        return number

    def moment(self, name: str) -> str | None:
        """A date or date-time, as the timestamps of rows are written."""
        value = self.text(name)
        if value is None:
            return None
        if not _is_moment(value):
            self._issues.append(_issue("invalid_string", [name], "Invalid datetime"))
            return None
        at = datetime.fromisoformat(value)
        return timestamp((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())

    def order(self, fields: Sequence[str]) -> list[tuple[str, bool]]:
        """`order-by` as pairs of field and "descending"; newest first where absent."""
        order = []
        for part in (self.text("order-by") or "created_at:desc").split(","):
            name, _, direction = part.strip().partition(":")
            if name not in fields or direction not in ("asc", "desc"):
                self._issues.append(_issue("custom", ["order-by"], f"Cannot order by '{part}'"))
            order.append((name, direction == "desc"))
        return order

    def done(self) -> None:
        """Raises Invalid where anything was wrong, unknown parameters included."""
        if unknown := [name for name in self._given if name not in self._known]:
            names = ", ".join(f"'{name}'" for name in unknown)
            self._issues.append(_issue("unrecognized_keys", [], f"Unrecognized key(s) in object: {names}"))
        if self._issues:
            raise Invalid("Invalid request", self._issues)


def timestamp(at: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC, always of the same length, so that text order is time order."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
