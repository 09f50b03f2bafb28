"""What is learnt of a posted invoice afterwards, and of the run that it was posted by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

ALARM = "ALARM"
"""How that begins what is said of an invoice with an `Alarm`; it decides nothing."""


class Alarm(StrEnum):
    """Why a person must look at an invoice in doubt before anything of it is paid, or sent."""

    TWICE = "twice"  # the API has accepted it more than once, or it was found more than once
    SHARED_JOB = "shared-job"  # the API has told one job for two invoices
    ANOTHER_ECHOED = "another-echoed"  # the API has answered with another invoice than was sent
    FITS_SEVERAL = "fits-several"  # a record was found that may be this one or another in doubt
    TAKEN_BACK = "taken-back"  # ResMan was said to have it, and the API says by now that it failed


PARTLY = "Not all of it was taken: "
"""Behind this stand the API's words of an invoice that ResMan has without all that was sent with it."""

WENT_INSTEAD = "It is not written again."
"""What is said of an invoice that ResMan did not take, and whose rows went out since as another."""


@dataclass(frozen=True, slots=True)
class Change:
    """What was learnt of one posted invoice since it was last asked after."""

    key: str
    invoice_number: str
    vendor_id: str
    cents: int
    was: str  # "pending", "confirmed", "failed" (ResMan did not take it), "in doubt", "released", …
    now: str
    at: datetime  # when it was learnt
    property_id: str = ""


class DifferenceFromPosted(StrEnum):
    """How what was posted differs from what is read."""

    CHANGED = "Posted, and its rows say something else by now"
    GONE = "Posted, and no longer among these rows"


class Continued(NamedTuple):
    """The newest run that a run's workbook was given back to."""

    run: str
    started: datetime
    file: str  # its results, or, where it has none, the workbook that was given back


class StillPosted(NamedTuple):
    """An invoice that was posted out of the files that are read, and does not stand in them as it was posted."""

    invoice_number: str
    vendor_id: str
    property_id: str
    cents: int  # as it was posted
    job_id: str | None
    resman: str  # "confirmed" or "pending"
    why: DifferenceFromPosted
