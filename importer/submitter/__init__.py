"""Sending, and knowing what became of it. "Never twice, never lost" is argued in `ledger`, `submit` and `settle`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from importer.submitter import drops, plans
from importer.submitter.entries import Contest, Entry, Intent, Rival, Terms, may_go
from importer.submitter.follow import follow, retry_failed
from importer.submitter.ledger import Ledger
from importer.submitter.originals import Origins, keep_origins, known_origins
from importer.submitter.pacing import Pace
from importer.submitter.refusals import Refusal
from importer.submitter.schema import open_store
from importer.submitter.settle import Policy, settle_doubts
from importer.submitter.states import Event, State
from importer.submitter.submit import Heard, Sent, send

if TYPE_CHECKING:
    from importer.submitter.client import Api

__all__ = [
    "Api",
    "Contest",
    "Entry",
    "Event",
    "Heard",
    "Intent",
    "Ledger",
    "Origins",
    "Pace",
    "Policy",
    "Refusal",
    "Rival",
    "Sent",
    "State",
    "Terms",
    "drops",
    "follow",
    "keep_origins",
    "known_origins",
    "may_go",
    "open_store",
    "plans",
    "retry_failed",
    "send",
    "settle_doubts",
]


def __getattr__(name: str) -> Any:
    """Loads what speaks HTTP when it is first asked for: most runs of a day are checks, which do not need it."""
    if name == "Api":
        from importer.submitter.client import Api

        return Api
    raise AttributeError(name)
