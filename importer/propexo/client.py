"""The one module that speaks HTTP: every call of the contract that this project makes, and what its failures mean.

The question after each failure is whether the API may have acted. Only what provably never arrived is `NotSent`; the
refusals that the API is known to make are `Refused`; 429 is `RateLimited`; everything else is `OutcomeUnknown`. Reads
are repeated by themselves; a POST never.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote, urljoin, urlsplit

import httpx
from pydantic import SecretStr
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from importer.errors import AccessDenied, Misdirected, NotSent, OutcomeUnknown, RateLimited, Refused, RequestError
from importer.propexo.answers import (
    HeldInvoice,
    Integration,
    JobLog,
    WriteLog,
    WriteStatus,
    check_echo,
    job_id_of,
    model,
    models,
    moment_of,
    retry_after,
    rows_of,
    whole_number,
    words_of,
    write_log_of,
)
from importer.propexo.exchange_deadline import ExchangeDeadline, StillValid
from importer.propexo.rate_limit import Pace, Turn

MOST_BYTES = 20_000_000
"""An answer longer than this is not read to its end."""

TIMEOUT = httpx.Timeout(connect=10.0, read=60.0, write=30.0, pool=10.0)
LONGEST_EXCHANGE = 90.0
"""Seconds after which an exchange that trickles along is cut off."""

CONNECTIONS = 64
"""Open at once, far more than there are requests under way."""

REFUSALS = (400, 401, 403, 404, 405, 413, 415, 422)
"""Statuses by which the API says no and does nothing. Others may stem from a gateway that has passed a POST on; 409
may mean that the very same was accepted a moment ago."""

_NEVER_ARRIVED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,  # the proxy made no tunnel
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What came back: the status, the body where it is JSON (otherwise None), and where a redirect points."""

    status: int
    body: Any
    location: str | None = None
    date: str | None = None  # the header: the API's clock


@dataclass(frozen=True, slots=True)
class Probe:
    """What one request shows of the API."""

    integrations: tuple[Integration, ...]
    seconds: float  # until the answer began, without the waiting for a turn
    clock: datetime | None  # the API's, to the second; None where it does not say


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
    longest: float = LONGEST_EXCHANGE
    connections: int = CONNECTIONS
    clock: datetime | None = field(init=False, default=None)  # the API's, in its last answer; None: it does not say
    _client: httpx.Client = field(init=False, repr=False)

    def __enter__(self) -> Self:
        self._client = self._new_client()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    # ------------------------------------------------------------------------------------------------- writing

    def create_invoice(self, body: str, turn: Turn, fresh: StillValid) -> str:
        """Posts one invoice within a turn that the caller has, and returns its job id.

        Nothing is sent once the intent behind it is no longer `fresh`.

        Raises `NotSent`, `RateLimited`, `Refused`, `AccessDenied`, `Misdirected` or `OutcomeUnknown`; never repeats.
        Contract, "Create an invoice in ResMan".
        """
        answer = self._post("/v1/invoices/resman/", body, turn, fresh)
        meta = answer.body.get("meta") if isinstance(answer.body, dict) else None
        job_id = job_id_of(meta, answer.status)
        check_echo(body, answer.body, job_id)
        return job_id

    def retry_write(self, job_id: str, turn: Turn, fresh: StillValid) -> str:
        """Queues a failed write again and returns the new job's id; as unrepeatable as `create_invoice`."""
        answer = self._post(f"/v1/admin/retry-write/{_segment(job_id)}", "{}", turn, fresh)
        new = job_id_of(answer.body, answer.status)
        if new == job_id or (isinstance(answer.body, dict) and answer.body.get("success") is False):
            said = f"The API's answer tells no new job for {job_id}. It may have queued it all the same."
            raise OutcomeUnknown(said, http_status=answer.status)
        return new

    def start_sync(self, integration_id: str) -> None:
        """Asks for a sync of the invoices; harmless to repeat, so that a lost answer is no more than that."""
        path = f"/v1/admin/integrations/{_segment(integration_id)}/manual-sync"
        with self.pace.turn(self.stop) as turn:
            self._post(path, json.dumps({"models_to_sync": ["invoices"]}), turn, StillValid())

    # ------------------------------------------------------------------------------------------------- reading

    def integrations(self) -> list[Integration]:
        """The connections of this account; also the cheapest way to try a token."""
        return models(Integration, self._get("/v1/admin/integrations/"))

    def probe(self) -> Probe:
        """One request, never repeated, so that what is wrong is told as it is. Raises `RequestError`."""
        with self.pace.turn(self.stop) as turn:
            begun = time.monotonic()
            answer = self._read("/v1/admin/integrations/", None, turn)
            seconds = (turn.heard_at or time.monotonic()) - begun
        if answer.status >= 300:
            raise _failure(answer, self.token, writing=False)
        return Probe(tuple(models(Integration, answer.body)), seconds, moment_of(answer.date))

    def write_status(self, job_id: str) -> WriteStatus:
        """What became of one job."""
        return model(WriteStatus, self._get(f"/v1/admin/write-status/{_segment(job_id)}"))

    def write_logs(self, integration_id: str, time_range: str, *, status: str | None = None) -> Iterator[WriteLog]:
        """The newest record of each invoice write, a hundred a request; of one `status` ("FAILURE") or of both."""
        params = {"integration_id": integration_id, "write_category": "invoices", "time_range": time_range}
        params |= {} if status is None else {"status": status}
        for page in self._pages("/v1/admin/logs/writes/", params, 100):
            yield from models(WriteLog, page)

    def write_log_pages(self, integration_id: str, time_range: str) -> Iterator[list[WriteLog]]:
        """The same a page at a time, for whoever must not overlook one: a row that cannot be read is among them, under
        a name that stands for its content."""
        params = {"integration_id": integration_id, "write_category": "invoices", "time_range": time_range}
        for page in self._pages("/v1/admin/logs/writes/", params, 100):
            yield [write_log_of(row) for row in rows_of(page)]

    def job_logs(self, integration_id: str) -> Iterator[JobLog]:
        """The job logs of an integration, newest first."""
        params = {"integration_id": integration_id, "order-by": "created_at:desc"}
        for page in self._pages("/v1/admin/logs/jobs/", params, 100):
            yield from models(JobLog, page)

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
            yield from models(HeldInvoice, page)

    def x_id(self, kind: str, record_id: str) -> str | None:
        """ResMan's own id of one of the "vendors" or "properties"; None where the API does not tell."""
        found = self._get(f"/v1/{kind}/{_segment(record_id)}")
        record = found.get("results", found.get("data", found)) if isinstance(found, dict) else found
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
        rows = tuple(row for row in rows_of(answer) if isinstance(row, dict))
        meta = answer.get("meta") if isinstance(answer, dict) else None
        more, total = (meta.get("hasMore"), meta.get("total")) if isinstance(meta, dict) else (None, None)
        has_more = more if isinstance(more, bool) else len(rows) >= size
        return ListPage(rows, has_more, total if isinstance(total, int) else None)

    # ------------------------------------------------------------------------------------------------- underneath

    def _new_client(self) -> httpx.Client:
        parts = urlsplit(self.url)
        local = parts.hostname in ("localhost", "::1") or (parts.hostname or "").startswith("127.")
        verify: Any = False  # the settings allow http on loopback only
        if parts.scheme == "https":
            import ssl

            import truststore

            verify = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return httpx.Client(
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            timeout=self.timeout,
            # A kept-alive connection that the server has just closed makes a doubtful failure of a safe one.
            limits=httpx.Limits(max_connections=self.connections, max_keepalive_connections=0),
            follow_redirects=False,
            verify=verify,
            trust_env=not local,
        )

    def _post(self, path: str, body: str, turn: Turn, fresh: StillValid) -> ApiAnswer:
        headers = self._headers() | {"Content-Type": "application/json"}
        with _explained(writing=True), ExchangeDeadline(self.longest, fresh) as watch:
            request = self._client.build_request(
                "POST", self.url + path, content=body.encode(), headers=headers, extensions={"trace": watch}
            )
            answer = self._exchange(request, turn)
        if answer.status >= 300:
            raise _failure(answer, self.token, writing=True)
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
        with self.pace.turn(self.stop) as turn:
            answer = self._read(path, params, turn)
        if follow and answer.location is not None:
            return self._read_elsewhere(urljoin(self.url + path, answer.location))
        if answer.status >= 300:
            raise _failure(answer, self.token, writing=False)
        if answer.body is None:
            raise OutcomeUnknown("The API's answer cannot be read.", http_status=answer.status)
        return answer.body

    def _read(self, path: str, params: Mapping[str, Any] | None, turn: Turn) -> ApiAnswer:
        headers = self._headers()
        with _explained(writing=False), ExchangeDeadline(self.longest) as watch:
            request = self._client.build_request(
                "GET", self.url + path, params=params, headers=headers, extensions={"trace": watch}
            )
            return self._exchange(request, turn)

    def _read_elsewhere(self, address: str) -> str:
        """Reads a presigned address: another host, so neither the token nor our pace goes along."""
        if urlsplit(address).scheme != "https" and urlsplit(self.url).scheme == "https":
            raise Refused("The API points to an address that is not encrypted.")
        with _explained(writing=False), ExchangeDeadline(self.longest) as watch:
            request = self._client.build_request("GET", address, headers={"Accept": "*/*"}, extensions={"trace": watch})
            response = self._client.send(request, stream=True)
            try:
                content = _content(response)
            finally:
                response.close()
        if response.status_code >= 500 or response.status_code == 429:
            raise OutcomeUnknown("The record behind the job cannot be had now.", http_status=response.status_code)
        if response.status_code != 200:
            raise Refused("The record behind the job cannot be had.", http_status=response.status_code)
        return content.decode(response.encoding or "utf-8", "replace")

    def _exchange(self, request: httpx.Request, turn: Turn) -> ApiAnswer:
        """Sends one request and reads the answer; the status is known even where the body is lost."""
        turn.went_out = True
        response = self._client.send(request, stream=True)
        turn.heard_at = time.monotonic()
        status = response.status_code
        self.clock = moment_of(response.headers.get("date"))
        try:
            turn.limit = whole_number(response.headers.get("x-ratelimit-limit"))
            turn.remaining = whole_number(response.headers.get("x-ratelimit-remaining"))
            if status == 429:
                turn.was_too_many, turn.retry_after = True, retry_after(response.headers.get("retry-after"))
                raise RateLimited("The API asks for a pause.", retry_after=turn.retry_after)
            if 300 <= status < 400:
                return ApiAnswer(status, None, response.headers.get("location"))
            try:
                return ApiAnswer(status, _json(_content(response)), date=response.headers.get("date"))
            except (httpx.HTTPError, ValueError):
                if status in REFUSALS:
                    return ApiAnswer(status, None)  # it said no; what it said besides is lost
                raise
        finally:
            response.close()

    def _headers(self) -> dict[str, str]:
        """Raises `AccessDenied` for a token that no header can hold: an error of the library would quote it."""
        token = self.token.get_secret_value()
        if not (token.isascii() and token.isprintable() and token.strip() == token and token):
            raise AccessDenied(
                "The access token contains a character that no token has.",
                "Run `invoice-importer login`, or correct PROPEXO_TOKEN.",
            )
        return {"Authorization": f"Bearer {token}"}

    def _sleep(self, seconds: float) -> None:
        self.stop.wait(seconds)

    def _pages(self, path: str, params: Mapping[str, Any], size: int) -> Iterator[Any]:
        """All pages of a list. Ends at a short page, where `hasMore` says so, or where the same page comes again."""
        offset = 0
        before: list[Any] = []
        while True:
            page = self._get(path, {**params, "limit": size, "offset": offset})
            rows = rows_of(page)
            if rows == before:
                return
            yield page
            meta = page.get("meta") if isinstance(page, dict) else None
            more = meta.get("hasMore") if isinstance(meta, dict) else None
            if more is False or (more is None and len(rows) < size):
                return
            offset += len(rows)
            before = rows


@contextmanager
def _explained(*, writing: bool) -> Iterator[None]:
    """httpx's errors as ours, most specific first; the cause is kept."""
    try:
        yield
    except RequestError:
        raise
    except _NEVER_ARRIVED as error:
        raise NotSent("The API cannot be reached.", "Check the network connection.") from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError, OSError) as error:
        # DecodingError is no TransportError, and a reset may come before or after the API has acted.
        sentence = "The connection broke before the API's answer arrived." if writing else "The API did not answer."
        raise OutcomeUnknown(sentence) from error


def _content(response: httpx.Response) -> bytes:
    """The whole body. Raises where it is cut or too long."""
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        chunks.append(chunk)
        if size > MOST_BYTES:
            raise ValueError("the answer does not end")
    return b"".join(chunks)


def _json(content: bytes) -> Any:
    """The body as JSON, or None where it is something else."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _failure(answer: ApiAnswer, token: SecretStr, *, writing: bool) -> RequestError:
    """What a status of 300 and above means. `REFUSALS` apart, nobody knows who may have acted."""
    status = answer.status
    said = words_of(answer.body).replace(token.get_secret_value(), "…")  # an answer may quote the request
    if status in (401, 403):
        return AccessDenied(
            f"The API does not accept this token ({status})." + said,
            "Run `invoice-importer login`, or correct PROPEXO_TOKEN.",
            http_status=status,
        )
    if status < 400:
        return Misdirected(
            f"The API's address answers with a redirect ({status}), which is never followed.",
            "Correct PROPEXO_URL.",
            http_status=status,
        )
    if status in REFUSALS or (status < 500 and status != 408 and not writing):
        return Refused(f"The API refused it ({status}).{said}", http_status=status)
    may_have = " It may have accepted the invoice all the same." if writing else ""
    return OutcomeUnknown(f"The API answered with an error of its own ({status}).{may_have}", http_status=status)


def _segment(identifier: str) -> str:
    return quote(identifier, safe="")
