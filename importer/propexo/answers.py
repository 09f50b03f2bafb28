"""What the API's answers say, read with tolerance for what the contract leaves open: envelopes, gaps, time zones."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from importer.domain.follow_up_facts import ALARM
from importer.domain.identity import normalised_number
from importer.errors import AnotherEchoed, OutcomeUnknown

M = TypeVar("M", bound=BaseModel)

LONGEST_WAIT = 300.0
"""Seconds; a `Retry-After` beyond that is cut to it."""

_ANY_MOMENT = TypeAdapter(datetime)


def _moment(value: Any) -> datetime | None:
    """A moment with a time zone, UTC where none is given; None where it cannot be read."""
    if value is None:
        return None
    try:
        moment = _ANY_MOMENT.validate_python(value)
    except ValidationError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


ApiMoment = Annotated[datetime | None, BeforeValidator(_moment)]
ApiId = Annotated[str, Field(pattern=r"^[!-~](?:[ -~]{0,198}[!-~])?$")]
"""An id as one can be stored and asked for."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


def _errors(value: Any) -> tuple[str, ...]:
    """Errors as texts. Where the API tells them otherwise than the contract has it, they are shown as they are."""
    each = value if isinstance(value, list | tuple) else [] if value is None else [value]
    return tuple(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in each)


class WriteStatus(_Answer):
    """Contract, "What became of it"."""

    write_status: Literal["PENDING", "SUCCESS", "PARTIAL_SUCCESS", "FAILURE"]
    errors: Annotated[tuple[str, ...], BeforeValidator(_errors)] = ()


class WriteLog(_Answer):
    """One row of the write logs. Contract, "Write logs". The shape of `parameters` is not stated."""

    job_id: ApiId
    status: str  # SUCCESS, FAILURE
    created_at: ApiMoment = None
    error: str | None = None
    parameters: Any = None


class JobLog(_Answer):
    """One row of the job logs. Contract, "Job logs"."""

    id: ApiId
    job_id: ApiId | None = None
    root_job_id: ApiId | None = None
    parent_job_id: ApiId | None = None
    created_at: ApiMoment = None
    status: str | None = None
    associated_property_id: str | None = None

    @property
    def family(self) -> tuple[str, ...]:
        """The job, the one that it is a step or a retry of, and the first of them all."""
        return tuple(dict.fromkeys(filter(None, (self.job_id, self.parent_job_id, self.root_job_id))))


class HeldInvoice(_Answer):
    """An invoice that ResMan already has; any field may be null. Contract, "What ResMan already has"."""

    id: str
    invoice_number: str | None = None
    invoice_date: str | None = None
    property_id: str | None = None
    x_vendor_id: str | None = None
    total_amount_in_cents: int | None = None
    created_at: ApiMoment = None
    last_seen: ApiMoment = None


class Integration(_Answer):
    """One connection to a property-management system."""

    id: str
    name: str | None = None
    vendor: str | None = None
    active: bool | None = None
    last_completed_sync: ApiMoment = None


def rows_of(page: Any) -> list[Any]:
    """The rows of a list in any of the envelopes that are known. Raises `OutcomeUnknown` where there is none of them:
    an answer that is not understood must not look like an empty one."""
    inside = page
    for _ in range(3):
        if isinstance(inside, list):
            return inside
        if not isinstance(inside, dict):
            break
        inside = next((inside[name] for name in ("results", "logs", "data") if name in inside), None)
    raise OutcomeUnknown("The API's answer cannot be understood.")


def models(kind: type[M], page: Any) -> list[M]:
    """The rows of a page that can be read; one that cannot is no evidence and is left out."""
    found = []
    for row in rows_of(page):
        if isinstance(row, dict):
            try:
                found.append(kind.model_validate(row))
            except ValidationError:
                continue
    return found


def write_log_of(row: Any) -> WriteLog:
    """One row of the write logs; one that cannot be read under a job id made of its content."""
    try:
        return WriteLog.model_validate(row)
    except ValidationError:
        content = json.dumps(row, sort_keys=True, default=str)
        return WriteLog(
            job_id=f"unreadable-{hashlib.sha256(content.encode()).hexdigest()[:16]}", status="", parameters=row
        )


def model(kind: type[M], body: Any) -> M:
    """One record. Raises `OutcomeUnknown` where it cannot be read."""
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        raise OutcomeUnknown("The API's answer cannot be understood.") from error


_ECHOED = ("integration_id", "property_id", "vendor_id", "invoice_number", "total_amount_in_cents")


def check_echo(sent: str, answer: Any, job_id: str) -> None:
    """Raises `AnotherEchoed` where the answer to a POST shows another invoice than was sent. What it leaves out
    contradicts nothing. Contract, "Create an invoice in ResMan": the result is the invoice as received."""
    result = answer.get("result") if isinstance(answer, dict) else None
    if not isinstance(result, dict):
        return
    mine = json.loads(sent)
    other = [name for name in _ECHOED if result.get(name) is not None and not _is_same(mine[name], result[name])]
    if other:
        shown = ", ".join(f"{name} {str(result[name])[:80]!r}" for name in other)
        raise AnotherEchoed(
            f"{ALARM}: the API answered with another invoice ({shown}) and job {job_id}. It may have accepted either.",
            http_status=200,
        )


def _is_same(sent: str | int, shown: Any) -> bool:
    plain = int(shown) if isinstance(shown, float) and shown.is_integer() else shown
    return normalised_number(str(sent)) == normalised_number(str(plain))


def job_id_of(holder: Any, status: int) -> str:
    """The job id in an answer to a POST. Raises `OutcomeUnknown` where there is none that could be asked after."""
    value = holder.get("job_id") if isinstance(holder, dict) else None
    if isinstance(value, str) and value.isascii() and value.isprintable() and 0 < len(value.strip()) <= 200:
        return value.strip()
    raise OutcomeUnknown(
        "The API's answer has no job id. It may have accepted the invoice all the same.", http_status=status
    )


def words_of(body: Any) -> str:
    """The API's own words, with each of the issues that it lists. Contract, "Errors"."""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, str):
        return f" It says: {error[:500]}"
    if not isinstance(error, dict):
        return ""
    parts = [str(error["message"])] if error.get("message") else []
    details = error.get("details")
    issues = details.get("issues") if isinstance(details, dict) else None
    for issue in issues if isinstance(issues, list) else []:
        if isinstance(issue, dict):
            steps = issue.get("path")
            path = ".".join(str(step) for step in steps) if isinstance(steps, list) else ""
            parts.append(f"{path}: {issue.get('message', '')}" if path else str(issue.get("message", "")))
    return f" It says: {'; '.join(parts)[:2000]}" if parts else ""


def whole_number(text: str | None) -> int | None:
    """The number in a header, None where it holds something else."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    return int(text)


def retry_after(text: str | None) -> float | None:
    """Seconds from a `Retry-After` header, which may also be a date."""
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return min(seconds, LONGEST_WAIT) if seconds > 0 else 0.0


def moment_of(text: str | None) -> datetime | None:
    """The moment in a `Date` header, None where it holds something else."""
    try:
        moment = parsedate_to_datetime(text or "")
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
