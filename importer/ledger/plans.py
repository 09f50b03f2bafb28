"""A plan: one hash over exactly the payloads that would be sent, for somebody to approve before anything goes.

The ledger keeps what a plan consisted of, so that a later difference can be shown invoice by invoice, field by field.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import select

from importer.domain.fields import BY_NAME
from importer.domain.identity import normalised_number
from importer.domain.money import dollars
from importer.errors import PlanDiffers
from importer.ledger.entries import PlannedPost
from importer.ledger.ledger import Ledger
from importer.ledger.schema import batches
from importer.ledger.tables import PLANS

MOST_DIFFERENCES = 20


def plan_of(intents: Sequence[PlannedPost]) -> str | None:
    """ "sha256:…", the same for the same payloads in any order; None where nothing would be sent."""
    if not intents:
        return None
    digest = hashlib.sha256()
    for intent in sorted(intents, key=attrgetter("key")):
        digest.update(f"{intent.key} {intent.fingerprint}\n".encode())
    return "sha256:" + digest.hexdigest()


def keep_plan(ledger: Ledger, plan: str, intents: Sequence[PlannedPost]) -> None:
    """Keeps what the plan consists of. A plan that is known already is left as it is."""
    if _is_known(ledger, plan):
        return
    squeezed = zlib.compressobj(1)
    parts = [
        squeezed.compress("".join([f"{intent.payload.body()}\n" for intent in batch]).encode())
        for batch in batches(intents)
    ]
    kept = {"made_at": ledger.now(), "who": ledger.who, "bodies": b"".join((*parts, squeezed.flush()))}
    with ledger.transaction() as connection:
        connection.execute(ledger.insert_or_not(PLANS).values(id=plan, **kept))


def _is_known(ledger: Ledger, plan: str) -> bool:
    with ledger.reading() as connection:
        return connection.execute(select(PLANS.c.id).where(PLANS.c.id == plan)).first() is not None


def check_approval(ledger: Ledger, approved: str, intents: Sequence[PlannedPost]) -> None:
    """Raises `PlanDiffers`, showing what differs, unless these intents are exactly the approved plan.

    `intents` are those that would be sent together with those of the plan that were posted since.
    """
    if plan_of(intents) == approved:
        return
    with ledger.reading() as connection:
        kept = connection.execute(select(PLANS.c.bodies).where(PLANS.c.id == approved)).scalar()
    if kept is None:
        raise PlanDiffers(
            f"The plan {approved} is not known here, and today's file does not give it.",
            "Run `invoice-importer check` again and have its plan approved.",
        )
    before = [json.loads(line) for line in zlib.decompress(kept).decode().splitlines()]
    now = [json.loads(intent.payload.body()) for intent in intents]
    told = list(differences(before, now))
    shown = told[:MOST_DIFFERENCES]
    if len(told) > len(shown):
        shown.append(f"… and {len(told) - len(shown)} more")
    raise PlanDiffers(
        "The file is not what was approved:\n" + "\n".join(f"  {line}" for line in shown),
        "\nNothing was sent. Run `invoice-importer check` and have the new plan approved.",
    )


def planned_keys(ledger: Ledger, plan: str) -> frozenset[tuple[str, ...]]:
    """The identities (without destination) of the invoices in a plan; empty where the plan is not known."""
    with ledger.reading() as connection:
        kept = connection.execute(select(PLANS.c.bodies).where(PLANS.c.id == plan)).scalar()
    if kept is None:
        return frozenset()
    return frozenset(_identity(json.loads(line)) for line in zlib.decompress(kept).decode().splitlines())


def identity_of(intent: PlannedPost) -> tuple[str, ...]:
    """The identity of an invoice as `planned_keys` gives it."""
    return _identity(json.loads(intent.payload.body()))


def differences(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What changed between two sets of request bodies, a line for each invoice added, removed, or field changed."""
    old = {_identity(body): body for body in before}
    new = {_identity(body): body for body in now}
    for identity, body in old.items():
        if identity not in new:
            yield f"{_name(body)}: approved, but no longer to be sent"
    for identity, body in new.items():
        if identity not in old:
            yield f"{_name(body)}: not in what was approved ({dollars(body['total_amount_in_cents'])})"
        else:
            yield from (f"{_name(body)}: {change}" for change in field_changes(old[identity], body))


def field_changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What changed between two bodies of the same invoice: "Due Date was '2026-03-01', is '2026-03-31'"."""
    for name in sorted(set(before) | set(now)):
        was, is_now = before.get(name), now.get(name)
        if was == is_now:
            continue
        if name != "invoice_items":
            yield f"{_heading(name)} was {_shown(name, was)}, is {_shown(name, is_now)}"
            continue
        for number in range(max(len(was or ()), len(is_now or ()))):
            one = was[number] if was and number < len(was) else None
            other = is_now[number] if is_now and number < len(is_now) else None
            if one is None or other is None:
                yield f"line {number + 1} was {'added' if one is None else 'removed'}"
            else:
                for each in sorted(key for key in set(one) | set(other) if one.get(key) != other.get(key)):
                    was_said, is_said = _shown(each, one.get(each)), _shown(each, other.get(each))
                    yield f"line {number + 1}: {_heading(each, of_line=True)} was {was_said}, is {is_said}"


def _heading(field: str, *, of_line: bool = False) -> str:
    """What a clerk calls a field of a request: the heading of its column."""
    name = field.removesuffix("_in_cents")
    column = BY_NAME.get(f"item_{name}" if of_line else name) or BY_NAME.get(name)
    return field if column is None else column.heading


def _shown(name: str, value: Any) -> str:
    if name.endswith("_in_cents") and isinstance(value, int):
        return dollars(value)
    return "blank" if value in (None, "") else repr(value)


def _identity(body: Mapping[str, Any]) -> tuple[str, ...]:
    number = normalised_number(str(body["invoice_number"]))
    return (str(body["integration_id"]), str(body["property_id"]), str(body["vendor_id"]), number)


def _name(body: Mapping[str, Any]) -> str:
    return f"Invoice {body['invoice_number']} of {body['vendor_id']}"
