"""The one module that speaks HTTP: every call of the contract that this project makes, and what its failures mean.

The question after each failure is whether the API may have acted. Only what provably never arrived is `NotSent`; a 4xx
is `Refused`; 429 is `RateLimited`; everything else is `OutcomeUnknown`. Reads are repeated by themselves; a POST never.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from importer.errors import AccessDenied, NotSent, OutcomeUnknown, RateLimited, Refused, RequestError
from importer.submitter.pacing import Pace

MOST_BYTES = 20_000_000
"""An answer longer than this is not read to its end."""

TIMEOUT = httpx.Timeout(connect=10.0, read=60.0, write=30.0, pool=None)
LONGEST_ANSWER = 90.0
"""Seconds after which an answer that trickles in is given up."""

_NEVER_ARRIVED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


M = TypeVar("M", bound=BaseModel)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class WriteStatus(_Answer):
    """Contract, "What became of it"."""

    write_status: str  # PENDING, SUCCESS, PARTIAL_SUCCESS, FAILURE
    errors: tuple[str, ...] | None = None


class WriteLog(_Answer):
    """One row of the write logs. Contract, "Write logs". The shape of `parameters` is not stated."""

    job_id: str
    status: str  # SUCCESS, FAILURE
    created_at: datetime | None = None
    error: str | None = None
    parameters: Any = None


class JobLog(_Answer):
    """One row of the job logs. Contract, "Job logs"."""

    id: str
    job_id: str | None = None
    root_job_id: str | None = None
    created_at: datetime | None = None
    status: str | None = None
    associated_property_id: str | None = None


class HeldInvoice(_Answer):
    """An invoice that ResMan already has; any field may be null. Contract, "What ResMan already has"."""

    id: str
    invoice_number: str | None = None
    invoice_date: str | None = None
    property_id: str | None = None
    x_vendor_id: str | None = None
    total_amount_in_cents: int | None = None
    created_at: datetime | None = None
    last_seen: datetime | None = None


class Integration(_Answer):
    """One connection to a property-management system."""

    id: str
    name: str | None = None
    vendor: str | None = None
    active: bool | None = None
    last_completed_sync: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, and the body where it is JSON (otherwise None)."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list, its rows as they came. Contract, "What ResMan already has"."""

    rows: tuple[Mapping[str, Any], ...]
    has_more: bool
    total: int | None  # None: the API does not say


@dataclass(slots=True)
class Api:
    """The API at one address, within one pace. `stop` ends every waiting. Use as a context manager."""

    url: str
    token: SecretStr
    pace: Pace
    stop: threading.Event
    timeout: httpx.Timeout = field(default_factory=lambda: TIMEOUT)
    _posting: list[httpx.Client] = field(default_factory=list)
    _reading: list[httpx.Client] = field(default_factory=list)

    def __enter__(self) -> Self:
        # A kept-alive connection that the server has just closed turns a safe failure of a POST into a doubtful one.
        self._posting.append(self._client(httpx.Limits(max_keepalive_connections=0)))
        self._reading.append(self._client(httpx.Limits(max_keepalive_connections=8)))
        return self

    def __exit__(self, *_: object) -> None:
        for client in (*self._posting, *self._reading):
            client.close()
        self._posting.clear()
        self._reading.clear()

    # ------------------------------------------------------------------------------------------------- writing

    def create_invoice(self, body: str, *, before: float) -> str:
        """Posts one invoice and returns its job id. The caller has taken its turn.

        Nothing is sent after the moment `before` (seconds since 1970): a machine that slept between the intent and
        the request must not send what may have been settled meanwhile.

        Raises `NotSent`, `RateLimited`, `Refused`, `AccessDenied` or `OutcomeUnknown`; never repeats.
        Contract, "Create an invoice in ResMan".
        """
        if time.time() > before:  # the wall clock goes on while the machine sleeps
            raise NotSent("The machine slept before the request went out.")
        answer = self._post("/v1/invoices/resman/", body)
        meta = answer.body.get("meta") if isinstance(answer.body, dict) else None
        return _job_id(meta.get("job_id") if isinstance(meta, dict) else None, answer)

    def retry_write(self, job_id: str) -> str:
        """Queues a failed write again and returns the new job's id; as unrepeatable as `create_invoice`."""
        answer = self._post(f"/v1/admin/retry-write/{_segment(job_id)}", "{}")
        return _job_id(answer.body.get("job_id") if isinstance(answer.body, dict) else None, answer)

    def start_sync(self, integration_id: str) -> None:
        """Asks for a sync of the invoices; harmless to repeat, so that a lost answer is no more than that."""
        path = f"/v1/admin/integrations/{_segment(integration_id)}/manual-sync"
        with self.pace.turn(self.stop):
            self._post(path, json.dumps({"models_to_sync": ["invoices"]}))

    # ------------------------------------------------------------------------------------------------- reading

    def integrations(self) -> list[Integration]:
        """The connections of this account; also the cheapest way to try a token."""
        return _models(Integration, self._get("/v1/admin/integrations/"))

    def write_status(self, job_id: str) -> WriteStatus:
        """What became of one job."""
        return _model(WriteStatus, self._get(f"/v1/admin/write-status/{_segment(job_id)}"))

    def write_logs(self, integration_id: str, time_range: str) -> Iterator[WriteLog]:
        """The newest record of each invoice write, a hundred a request."""
        params = {"integration_id": integration_id, "write_category": "invoices", "time_range": time_range}
        for page in self._pages("/v1/admin/logs/writes/", params, 100):
            yield from _models(WriteLog, page)

    def job_logs(self, integration_id: str) -> Iterator[JobLog]:
        """The job logs of an integration, newest first."""
        params = {"integration_id": integration_id, "order-by": "created_at:desc"}
        for page in self._pages("/v1/admin/logs/jobs/", params, 100):
            yield from _models(JobLog, page)

    def raw_job(self, log_id: str) -> str:
        """The raw request and response of a write job, as text.

        They lie behind a redirect to another host, which must not be given the token. Contract, "Job logs".
        """
        answer = self._get_answer(f"/v1/admin/job-logs/{_segment(log_id)}/data", follow=True)
        return answer if isinstance(answer, str) else json.dumps(answer)

    def held_invoices(self, integration_id: str, property_id: str) -> Iterator[HeldInvoice]:
        """The invoices that ResMan had at the last sync, newest first."""
        params = {"integration_id": integration_id, "property_id": property_id, "order-by": "created_at:desc"}
        for page in self._pages("/v1/invoices/", params, 250):
            yield from _models(HeldInvoice, page)

    def vendor_x_id(self, vendor_id: str) -> str | None:
        """ResMan's own id of a vendor, or None where the API does not tell."""
        found = self._get(f"/v1/vendors/{_segment(vendor_id)}")
        record = found.get("results", found) if isinstance(found, dict) else found
        if isinstance(record, list):
            record = record[0] if record else {}
        value = record.get("x_id") if isinstance(record, dict) else None
        return value if isinstance(value, str) else None

    def page(
        self, name: str, integration_id: str, *, offset: int, size: int, since: datetime | None = None
    ) -> ListPage:
        """One page of a list ("vendors", "invoices", …), in the order in which the records were made, so that what
        is added meanwhile comes at the end. `since`: only what changed since, which older versions of the API may
        refuse or not heed. Contract, "What ResMan already has"."""
        params: dict[str, Any] = {"integration_id": integration_id, "order-by": "created_at:asc,id:asc"}
        params |= {"limit": size, "offset": offset}
        if since is not None:
            params["updated_at_gte"] = since.isoformat()
        path = "/".join(map(_segment, name.split("/")))
        answer = self._get(f"/v1/{path}" if "/" in name else f"/v1/{path}/", params)
        rows = tuple(row for row in _rows(answer) if isinstance(row, dict))
        meta = answer.get("meta") if isinstance(answer, dict) else None
        more, total = (meta.get("hasMore"), meta.get("total")) if isinstance(meta, dict) else (None, None)
        has_more = more if isinstance(more, bool) else len(rows) >= size
        return ListPage(rows, has_more, total if isinstance(total, int) else None)

    # ------------------------------------------------------------------------------------------------- underneath

    def _client(self, limits: httpx.Limits) -> httpx.Client:
        local = urlsplit(self.url).scheme == "http"  # the settings allow that on loopback only
        if local:
            verify: Any = False
        else:
            import ssl

            import truststore

            verify = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return httpx.Client(
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            timeout=self.timeout,
            limits=limits,
            follow_redirects=False,
            verify=verify,
            trust_env=not local,
        )

    def _post(self, path: str, body: str) -> Answer:
        headers = self._headers() | {"Content-Type": "application/json"}
        with _explained(writing=True):
            request = self._posting[0].build_request("POST", self.url + path, content=body.encode(), headers=headers)
            answer = self._exchange(self._posting[0], request)
        if answer.status >= 300:
            raise _failure(answer, writing=True)
        return answer

    def _get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self._get_answer(path, params)

    def _get_answer(self, path: str, params: Mapping[str, Any] | None = None, *, follow: bool = False) -> Any:
        """One read, repeated while that may help. Raises `RequestError` otherwise."""
        repeat = Retrying(
            retry=retry_if_exception_type((NotSent, OutcomeUnknown, RateLimited)),
            wait=wait_random_exponential(multiplier=0.2, max=5),
            stop=stop_after_attempt(4),
            sleep=self._sleep,
            reraise=True,
        )
        return repeat(self._read_once, path, params, follow)

    def _read_once(self, path: str, params: Mapping[str, Any] | None, follow: bool) -> Any:
        with self.pace.turn(self.stop), _explained(writing=False):
            client = self._reading[0]
            request = client.build_request("GET", self.url + path, params=params, headers=self._headers())
            answer = self._exchange(client, request, want_location=follow)
        if follow and isinstance(answer.body, _Location):
            return self._read_elsewhere(urljoin(self.url + path, answer.body.address))
        if answer.status >= 300:
            raise _failure(answer, writing=False)
        if answer.body is None:
            raise OutcomeUnknown("The API's answer cannot be read.", http_status=answer.status)
        return answer.body

    def _read_elsewhere(self, address: str) -> str:
        """Reads a presigned address: another host, so neither the token nor our pace goes along."""
        if urlsplit(address).scheme != "https" and urlsplit(self.url).scheme == "https":
            raise Refused("The API points to an address that is not encrypted.")
        with _explained(writing=False):
            response = self._reading[0].get(address, headers={"Accept": "*/*"})
        if response.status_code != 200:
            raise Refused("The record behind the job cannot be had.", http_status=response.status_code)
        return response.text

    def _exchange(self, client: httpx.Client, request: httpx.Request, *, want_location: bool = False) -> Answer:
        """Sends one request and reads the answer; the status is known even where the body is lost."""
        response = client.send(request, stream=True)
        try:
            self._observe(response)
            if want_location and response.is_redirect:
                return Answer(response.status_code, _Location(response.headers.get("location", "")))
            try:
                body = _read(response)
            except (httpx.HTTPError, ValueError):
                if 400 <= response.status_code < 500 and response.status_code != 408:
                    body = None  # it said no; what it said besides is lost
                else:
                    raise
            if response.status_code == 429:
                wait = _retry_after(response.headers.get("retry-after"))
                self.pace.pause(wait)
                raise RateLimited("The API asks for a pause.", retry_after=wait)
            return Answer(response.status_code, body)
        finally:
            response.close()

    def _observe(self, response: httpx.Response) -> None:
        limit = _number(response.headers.get("x-ratelimit-limit"))
        remaining = _number(response.headers.get("x-ratelimit-remaining"))
        if response.status_code != 429 and limit is not None:
            self.pace.observe(limit=limit, remaining=remaining)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token.get_secret_value()}"}

    def _sleep(self, seconds: float) -> None:
        self.stop.wait(seconds)

    def _pages(self, path: str, params: Mapping[str, Any], size: int) -> Iterator[Any]:
        """All pages of a list. Ends at a short page, or where `hasMore` says so."""
        offset = 0
        while True:
            page = self._get(path, {**params, "limit": size, "offset": offset})
            yield page
            rows = _rows(page)
            meta = page.get("meta") if isinstance(page, dict) else None
            more = meta.get("hasMore") if isinstance(meta, dict) else None
            if not rows or more is False or (more is None and len(rows) < size):
                return
            offset += len(rows)


@dataclass(frozen=True, slots=True)
class _Location:
    address: str


@contextmanager
def _explained(*, writing: bool) -> Iterator[None]:
    """httpx's errors as ours, most specific first; the cause is kept."""
    try:
        yield
    except RequestError:
        raise
    except _NEVER_ARRIVED as error:
        raise NotSent("The API cannot be reached.", "Check the network connection.") from error
    except (httpx.InvalidURL, httpx.LocalProtocolError) as error:
        raise NotSent("The request could not be put together.") from error
    except (httpx.HTTPError, httpx.StreamError, ValueError, OSError) as error:
        # DecodingError is no TransportError, and a reset may come before or after the API has acted.
        sentence = "The connection broke before the API's answer arrived." if writing else "The API did not answer."
        raise OutcomeUnknown(sentence) from error


def _read(response: httpx.Response) -> Any:
    """The body as JSON, or None where it is something else. Raises where it is cut, too long or too slow."""
    deadline = time.monotonic() + LONGEST_ANSWER
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        chunks.append(chunk)
        if size > MOST_BYTES or time.monotonic() > deadline:
            raise ValueError("the answer does not end")
    try:
        return json.loads(b"".join(chunks))
    except ValueError:
        return None


def _failure(answer: Answer, *, writing: bool) -> RequestError:
    """What a status of 300 and above means. `measured.md`'s table: who may have acted."""
    status = answer.status
    said = _words(answer.body)
    if status in (401, 403):
        return AccessDenied(
            f"The API does not accept this token ({status})." + said,
            "Run `invoice-importer login`, or correct PROPEXO_TOKEN.",
            http_status=status,
        )
    if 300 <= status < 400:
        return Refused(
            f"The API's address answers with a redirect ({status}), which is never followed.",
            "Correct PROPEXO_URL.",
            http_status=status,
        )
    if status == 408 or status >= 500:
        may_have = " It may have accepted the invoice all the same." if writing else ""
        return OutcomeUnknown(f"The API answered with an error of its own ({status}).{may_have}", http_status=status)
    return Refused(f"The API refused it ({status}).{said}", http_status=status)


def _words(body: Any) -> str:
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
            path = ".".join(str(step) for step in issue.get("path") or ())
            parts.append(f"{path}: {issue.get('message', '')}" if path else str(issue.get("message", "")))
    return f" It says: {'; '.join(parts)[:2000]}" if parts else ""


def _job_id(value: Any, answer: Answer) -> str:
    if isinstance(value, str) and value.strip():
        return value
    raise OutcomeUnknown(
        "The API's answer has no job id. It may have accepted the invoice all the same.", http_status=answer.status
    )


def _rows(page: Any) -> list[Any]:
    results = page.get("results") if isinstance(page, dict) else page
    if isinstance(results, dict):
        results = results.get("logs")
    return results if isinstance(results, list) else []


def _models(model: type[M], page: Any) -> list[M]:
    """The rows of a page that can be read; one that cannot is no evidence and is left out."""
    found = []
    for row in _rows(page):
        if isinstance(row, dict):
            try:
                found.append(model.model_validate(row))
            except ValidationError:
                continue
    return found


def _model(model: type[M], body: Any) -> M:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise OutcomeUnknown("The API's answer cannot be understood.") from error


def _segment(identifier: str) -> str:
    from urllib.parse import quote

    return quote(identifier, safe="")


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None


def _retry_after(text: str | None) -> float | None:
    """Seconds from a `Retry-After` header, which may also be a date."""
    if text is None:
        return None
    try:
        return max(0.0, min(float(text), 300.0))
    except ValueError:
        pass
    try:
        return max(0.0, min(parsedate_to_datetime(text).timestamp() - time.time(), 300.0))
    except ValueError:
        return None
