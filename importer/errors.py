"""What ends a file, a request or a run. A bad cell is no exception: that is a `problems.Problem`.

Each name says what may happen next:

    ImporterError
    ├── CannotRun               nothing was sent; mend what the sentence says and run again (exit code 2)
    │   ├── BadSettings         a setting is missing or wrong
    │   ├── FileUnreadable      the file as a whole cannot be read
    │   ├── LedgerUnavailable   the ledger cannot be opened or written
    │   │   └── NotTheNewest    it lacks what was sent, or may lack it
    │   ├── PlanDiffers         the file gives another plan than the one that was approved
    │   ├── ApiAway             the API did not answer before anything was sent
    │   └── NoAccess            the API does not take this token
    ├── ResultsNotWritten       the run is done and recorded, but its results could not be put into a file
    └── RequestError            one request to the API went wrong
        ├── NotSent             provable: the API never got it, so it may be repeated
        ├── RateLimited         the API says that it did not act; wait, then repeat
        ├── Refused             the API says no, and did nothing; repeating changes nothing
        │   ├── AccessDenied    401 or 403: no further request can succeed
        │   └── Misdirected     a redirect: the address is wrong, and no further request can succeed
        └── OutcomeUnknown      the API may have acted; never repeat by itself
            └── AnotherEchoed   it answered with another invoice than was sent: a person must look
"""

from __future__ import annotations


class ImporterError(Exception):
    """The root. Its text is one or two sentences that a clerk can act upon; `advice` is the way out."""

    def __init__(self, sentence: str, advice: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.sentence} {self.advice}".strip()


class CannotRun(ImporterError):
    """The run cannot start. Nothing was sent."""


class BadSettings(CannotRun):
    """A setting is missing or has an impossible value."""


class FileUnreadable(CannotRun):
    """A file cannot be read as a whole: missing, empty, damaged, or without a table of invoices."""


class LedgerUnavailable(CannotRun):
    """The ledger cannot be opened, locked or written; without it nothing may be sent."""


class NotTheNewest(LedgerUnavailable):
    """The ledger lacks what was sent from here, or somewhere: it is gone, old or incomplete, or there is another."""


class PlanDiffers(CannotRun):
    """What would be sent is not what was approved."""


class ApiAway(CannotRun):
    """The API did not answer, before anything was sent."""


class NoAccess(CannotRun):
    """The API does not take this token."""


class ResultsNotWritten(ImporterError):
    """The results could not be written: no such folder, no right to write there, or the disk is full.

    What was posted is recorded in the ledger all the same.
    """


class RequestError(ImporterError):
    """One request to the API went wrong. `http_status` is None where no answer came."""

    def __init__(self, sentence: str, advice: str = "", *, http_status: int | None = None) -> None:
        super().__init__(sentence, advice)
        self.http_status = http_status


class NotSent(RequestError):
    """The request provably never reached the API: it may be repeated."""


class RateLimited(RequestError):
    """429: the API did not act. `retry_after` is in seconds, None where the answer does not say."""

    def __init__(self, sentence: str, *, retry_after: float | None = None) -> None:
        super().__init__(sentence, http_status=429)
        self.retry_after = retry_after


class Refused(RequestError):
    """The API answered that it will not do this, and did nothing."""


class AccessDenied(Refused):
    """401 or 403: the token is wrong, or may not do this."""


class Misdirected(Refused):
    """A redirect, which is never followed: the API's address in the settings is wrong."""


class OutcomeUnknown(RequestError):
    """The API may have accepted this, or not. Only evidence settles it; repeating may pay a vendor twice."""


class AnotherEchoed(OutcomeUnknown):
    """The API answered with another invoice than was sent: an alarm, for a person to look at."""
