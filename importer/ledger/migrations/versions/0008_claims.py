"""Which rows of vendors' files each invoice is made of, and by what bills that look alike are found."""

from __future__ import annotations

import hashlib
import json
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_OUT = ("sending", "in_doubt", "accepted", "confirmed")
_ONE_SHEET = (".csv", ".tsv", ".txt")
_TEXTS = (
    "key", "destination", "integration_id", "property_id", "vendor_id", "invoice_number", "state", "run", "file",
    "rows", "sheets", "body",
)  # fmt: skip
_INVOICES = sa.table(
    "invoices",
    *(sa.column(name, sa.Text) for name in (*_TEXTS, "like_number", "like_day")),
    sa.column("total_in_cents", sa.BigInteger),
    sa.column("sent_at", sa.DateTime(timezone=True)),
    sa.column("changed_at", sa.DateTime(timezone=True)),
)
_CONTENTS = sa.table("contents", *(sa.column(name, sa.Text) for name in ("run", "file", "sha256")))


def upgrade() -> None:
    """Adds what 0008 has besides, and claims for every invoice what the ledger knows of its rows.

    Rows of a file whose content is known (`contents`) are claimed by that, their sheet and their number; where the
    sheet was not kept yet, by content and number alone. Of two invoices of one row, the one that is out holds it, and
    of several the last. What each row said is told by the invoice that went out of it, so that the vendor's file, saved
    anew, is known again. All of it is spelt out, because a migration must not change with the code.
    """
    op.add_column("invoices", sa.Column("like_number", sa.String(24)))
    op.add_column("invoices", sa.Column("like_day", sa.String(24)))
    op.create_index("invoices_by_like_number", "invoices", ["like_number"])
    op.create_index("invoices_by_like_day", "invoices", ["like_day"])
    claims = op.create_table(
        "claims",
        sa.Column("key", sa.String(24), primary_key=True),
        sa.Column("identity", sa.String(24), primary_key=True),
        sa.Column("original", sa.String(24), nullable=False),
        sa.Column("holds", sa.String(24)),
        sa.Column("beside", sa.String(24), nullable=False),
    )
    op.create_index("claims_held", "claims", ["holds", "beside"], unique=True)
    originals = op.create_table(
        "originals",
        sa.Column("id", sa.String(24), primary_key=True),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", sa.LargeBinary, nullable=False),
    )
    op.create_index("originals_by_content", "originals", ["sha256"])
    marks = op.create_table(
        "row_marks",
        sa.Column("mark", sa.String(24), primary_key=True),
        sa.Column("identity", sa.String(24), nullable=False),
        sa.Column("original", sa.String(24), nullable=False),
    )
    _likenesses()
    claimed, tables = _what_is_claimed()
    _insert(claims, _claims(claimed))
    _insert(originals, (_original(table, said) for table, said in tables.items()))
    _insert(marks, _marks(tables))


def _likenesses() -> None:
    change = (
        sa.update(_INVOICES)
        .where(_INVOICES.c.key == sa.bindparam("of"))
        .values(like_number=sa.bindparam("number"), like_day=sa.bindparam("day"))
    )
    for rows in _in_portions(sa.select(_INVOICES)):
        op.get_bind().execute(change, [_likeness(row) for row in rows])


def _likeness(row: Any) -> dict[str, str]:
    account, day = (row.destination, row.integration_id), json.loads(row.body)["invoice_date"]
    return {
        "of": row.key,
        "number": _digest("number", *account, _normalised(row.invoice_number), row.total_in_cents),
        "day": _digest("day", *account, row.vendor_id, row.total_in_cents, day),
    }


def _what_is_claimed() -> tuple[list[tuple[Any, str, str]], dict[str, dict[str, Any]]]:
    """Invoice, table and identity of each row that is known; and by table what its rows said."""
    claimed: dict[tuple[str, str], tuple[Any, str, str]] = {}
    tables: dict[str, dict[str, Any]] = {}
    of_one_content = sa.select(_CONTENTS.c.run, _CONTENTS.c.file, sa.func.min(_CONTENTS.c.sha256).label("sha256"))
    known = of_one_content.group_by(_CONTENTS.c.run, _CONTENTS.c.file).having(sa.func.count() == 1).subquery()
    query = sa.select(_INVOICES, known.c.sha256).join(
        known, (known.c.run == _INVOICES.c.run) & (known.c.file == _INVOICES.c.file)
    )
    for rows in _in_portions(query):
        for row in rows:
            facts = dict(_facts(row))
            for number, table in _places(row):
                identity = _digest(table, number)
                claimed[row.key, identity] = (row, table, identity)
                said = tables.setdefault(table, {"of": row, "rows": {}})
                said["rows"].setdefault(number, [number, identity, *facts[number]])
    return list(claimed.values()), tables


def _claims(claimed: Iterable[tuple[Any, str, str]]) -> Iterator[dict[str, str | None]]:
    held: set[str] = set()
    best_first = sorted(claimed, key=lambda each: (each[0].state in _OUT, str(each[0].sent_at or "")), reverse=True)
    for row, table, identity in best_first:
        is_first, is_out = identity not in held, row.state in _OUT
        held.add(identity)
        yield {
            "key": row.key,
            "identity": identity,
            "original": table,
            "holds": identity if is_first or is_out else None,
            "beside": row.key if is_out and not is_first else "",
        }


def _places(row: Any) -> Iterator[tuple[int, str]]:
    """Number and table of each of its rows."""
    numbers = _numbers(row)
    said = None if row.sheets is None else json.loads(row.sheets)
    for at, number in enumerate(numbers):
        sheet = json.dumps(said[at] if isinstance(said, list) else said)
        is_known = row.sheets is not None or row.file.lower().endswith(_ONE_SHEET)
        yield number, _digest(row.destination, row.sha256, sheet if is_known else "of any sheet")


def _facts(row: Any) -> Iterator[tuple[int, tuple[str, ...]]]:
    """What each of its rows said, as far as what was sent tells."""
    body = json.loads(row.body)
    numbers, items = _numbers(row), body["invoice_items"]
    header = (_normalised(body["invoice_number"]), body["vendor_id"], body["property_id"], body["invoice_date"])
    for at, number in enumerate(numbers):
        amount = ""
        if len(numbers) == 1:
            amount = str(body["total_amount_in_cents"])
        elif len(numbers) == len(items):
            amount = str(items[at]["quantity_ordered"] * items[at]["unit_price_in_cents"])
        yield number, (*header, amount)


def _original(table: str, said: Mapping[str, Any]) -> dict[str, Any]:
    row, rows = said["of"], said["rows"]
    packed = zlib.compress(json.dumps([rows[number] for number in sorted(rows)]).encode(), 1)
    of = {"destination": row.destination, "sha256": row.sha256, "since": row.changed_at}
    return {"id": table, **of, "rows": packed}


def _marks(tables: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    known: set[str] = set()
    for table, said in tables.items():
        counted: dict[tuple[str, ...], int] = {}
        for number in sorted(said["rows"]):
            _, identity, *facts = said["rows"][number]
            at = counted[tuple(facts)] = counted.get(tuple(facts), 0) + 1
            mark = _digest(said["of"].destination, *facts, at)
            if facts[-1] and mark not in known:
                known.add(mark)
                yield {"mark": mark, "identity": identity, "original": table}


def _in_portions(query: Any) -> Iterator[list[Any]]:
    after = ""
    while True:
        portion = query.where(_INVOICES.c.key > after).order_by(_INVOICES.c.key).limit(1000)
        rows = list(op.get_bind().execute(portion))
        if not rows:
            return
        yield rows
        after = rows[-1].key


def _insert(table: sa.Table, rows: Iterable[dict[str, Any]]) -> None:
    every = list(rows)
    for start in range(0, len(every), 1000):
        op.bulk_insert(table, every[start : start + 1000])


def _numbers(row: Any) -> list[int]:
    return [int(number) for number in row.rows.split(", ")]


def _digest(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "replace")).hexdigest()[:24]


def _normalised(number: str) -> str:
    plain = ((each, unicodedata.category(each)) for each in unicodedata.normalize("NFKC", number))
    said = "".join("-" if kind == "Pd" else each for each, kind in plain if kind != "Cf")
    return " ".join((number if number.isascii() else said).split()).casefold()
