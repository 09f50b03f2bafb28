"""Unknown names, each once, with everything that it holds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from importer.models import Invoice, Line, dollars
from importer.problems import AMBIGUOUS_NAME, NAMES_NOT_FETCHED, Kind

MOST_SAID = 20


@dataclass(slots=True)
class Group:
    """One text that is no record for certain, and the rows and invoices where it stands."""

    noun: str
    text: str
    kind: Kind
    nearest: tuple[str, ...]
    rows: set[tuple[int, int]] = field(default_factory=set)
    worths: dict[int, int] = field(default_factory=dict)  # cents, by invoice

    def add_invoice(self, invoice: Invoice) -> None:
        """It stands in the invoice's header."""
        self.rows |= {(id(row.source), row.number) for row in invoice.rows}
        self.worths[id(invoice)] = invoice.worth

    def add_line(self, invoice: Invoice, line: Line) -> None:
        """It stands in one line."""
        self.rows.add((id(line.row.source), line.row.number))
        self.worths[id(invoice)] = invoice.worth

    @property
    def money(self) -> int:
        """Cents that it holds up."""
        return sum(self.worths.values())


def said(groups: Sequence[Group]) -> list[str]:
    """How many unknown names there are, then a line for each, the one that holds up most money first."""
    unsettled = [group for group in groups if group.kind.code != NAMES_NOT_FETCHED.code]
    lines: list[str] = []
    for noun, several in (("property", "properties"), ("vendor", "vendors"), ("GL account", "GL accounts")):
        mine = sorted(
            (group for group in unsettled if group.noun == noun), key=lambda group: (-group.money, group.text)
        )
        if not mine:
            continue
        if len(mine) == 1:
            lines.append(f"1 unknown {noun} name, {_held_up(mine[0])}")
            continue
        lines.append(f"{len(mine):,} unknown {noun} names, the one that holds up most money first:")
        lines += [f"  {_held_up(group)}" for group in mine[:MOST_SAID]]
        if len(mine) > MOST_SAID:
            money = dollars(sum(group.money for group in mine[MOST_SAID:]))
            lines.append(f"  and {len(mine) - MOST_SAID:,} more unknown {several}, {money}")
    unfetched = [group for group in groups if group.kind.code == NAMES_NOT_FETCHED.code]
    if unfetched:
        count = f"{len(unfetched):,} {'name' if len(unfetched) == 1 else 'names'} instead of ids"
        lines.append(f"The files have {count}. Run `invoice-importer sync` once, then run them again.")
    return lines


def _held_up(group: Group) -> str:
    rows, count = len(group.rows), len(group.worths)
    many = f"{rows:,} {'row' if rows == 1 else 'rows'}, {count:,} {'invoice' if count == 1 else 'invoices'}"
    if group.kind.code == AMBIGUOUS_NAME.code:
        hint = "there is more than one of that name"
    else:
        hint = f"nearest: {'; '.join(group.nearest)}" if group.nearest else "nothing is near it"
    return f"{group.text!r}: {many}, {dollars(group.money)}, {hint}"
