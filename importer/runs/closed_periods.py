"""The period of what has errors already: it is known from the start, so it is told with them and not a round later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime

from importer.domain.severity import with_levels
from importer.masterdata import MasterData
from importer.masterdata.cache import RecordKind
from importer.masterdata.master_data import ago
from importer.runs.decisions import Decisions
from importer.settings import Settings
from importer.validation import Checked
from importer.validation.periods import closed_period


def with_periods(
    prepared: Decisions, directory_of: Callable[[str], MasterData | None], settings: Settings, now: datetime
) -> Decisions:
    """The same, with each invoice of a closed period that other errors stop already. Those without are weighed later,
    as far as they are yet to be sent."""
    verdicts = list(prepared.verdicts)
    known: dict[str, tuple[Mapping[str, date], str]] = {}
    for index, verdict in enumerate(verdicts):
        invoice = verdict.invoice
        if verdict.payload is not None or invoice.integration_id is None or invoice.property_id is None:
            continue
        if invoice.integration_id not in known:
            known[invoice.integration_id] = _periods(directory_of(invoice.integration_id), now)
        periods, since = known[invoice.integration_id]
        problem = closed_period(invoice, periods.get(invoice.property_id), since)
        if problem is not None:
            problems = (*verdict.problems, *with_levels([problem], settings.severity))
            verdicts[index] = Checked(invoice, problems, None)
    return replace(prepared, verdicts=tuple(verdicts))


def _periods(directory: MasterData | None, now: datetime) -> tuple[Mapping[str, date], str]:
    """The first open day by property, and how old that knowledge is."""
    if directory is None:
        return {}, ""
    fetched = directory.fetched.get(RecordKind.ENTITY)
    return directory.open_periods(), ago(now, fetched) if fetched is not None else ""
