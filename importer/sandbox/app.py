"""The endpoints of the contract, and the other host to which one of them redirects."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from importer.sandbox import intake, jobs, syncs
from importer.sandbox.behaviour import INTEGRATION_ID, Behaviour
from importer.sandbox.control import Control
from importer.sandbox.faults import Faults
from importer.sandbox.gate import FaultGate, SharedState
from importer.sandbox.intake import Invalid, Json, Query
from importer.sandbox.records import LISTS, OF_EVERY_ROW
from importer.sandbox.replies import (
    found,
    invalid,
    listed,
    plain,
    read_body,
)
from importer.sandbox.store import SandboxStore

JOB_LOG_FIELDS = ("id", "job_id", "root_job_id", "created_at", "job_type", "status", "integration_id")
MODELS = tuple(name.replace("-", "_") for name in LISTS)
_LINK_LIVES = 300  # seconds


class Sandbox:
    """The whole stand-in as an ASGI application. Requests that arrive at `files_port` come to the other host, where
    the raw exchanges lie."""

    def __init__(self, store: SandboxStore, behaviour: Behaviour, files_port: int) -> None:
        self._store = store
        self._state = SharedState(store, behaviour, Faults())
        self._files_port = files_port
        self._gate = FaultGate(self._endpoints(), self._state)

    def stop(self) -> None:
        """Ends every wait."""
        self._gate.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["server"][1] == self._files_port:
            await self._file(Request(scope))(scope, receive, send)
        else:
            await self._gate(scope, receive, send)

    def _endpoints(self) -> Starlette:
        routes = [
            Route("/v1/invoices/resman/", self.create_resman_invoice, methods=["POST"]),
            Route("/v1/invoices/", self.create_invoice, methods=["POST"]),
            Route("/v1/admin/write-status/{job_id}", self.write_status),
            Route("/v1/admin/retry-write/{job_id}", self.retry_write, methods=["POST"]),
            Route("/v1/admin/logs/writes/", self.write_logs),
            Route("/v1/admin/logs/jobs/", self.job_logs),
            Route("/v1/admin/logs/jobs/{job_id}", self.job_log),
            Route("/v1/admin/job-logs/{log_id}/data", self.job_log_data),
            Route("/v1/admin/integrations/", self.integrations),
            Route("/v1/admin/integrations/{integration_id}/manual-sync", self.manual_sync, methods=["POST"]),
            Route("/v1/webhooks/", self.create_webhook, methods=["POST"]),
            Route("/v1/vendors/properties/{property_id}", self.vendors_of_property),
        ]
        for kind in LISTS:
            routes.append(Route(f"/v1/{kind}/", self._lister(kind)))
            routes.append(Route(f"/v1/{kind}/{{record_id}}", self._shower(kind)))
        routes += Control(self._state).routes()
        application = Starlette(routes=_merged(routes), exception_handlers={Invalid: invalid, HTTPException: plain})
        application.router.redirect_slashes = False
        return application

    # ------------------------------------------------------------------ invoices

    async def create_resman_invoice(self, request: Request) -> Response:
        invoice = intake.read_invoice(await read_body(request), intake.RESMAN_LINE, self._state.behaviour)
        job_id = jobs.accept(self._store, invoice, self._state.behaviour)
        result = {**invoice, "accounting_date": invoice.get("accounting_date", invoice["invoice_date"])}
        return JSONResponse({"meta": {"job_id": job_id}, "result": result})

    async def create_invoice(self, request: Request) -> Response:
        invoice = intake.read_invoice(await read_body(request), intake.ANY_SYSTEM_LINE, self._state.behaviour)
        return JSONResponse({"job_id": jobs.accept(self._store, invoice, self._state.behaviour), "data": invoice})

    async def write_status(self, request: Request) -> Response:
        status = jobs.write_status(self._store, request.path_params["job_id"])
        return found(status, "Job not found")

    async def retry_write(self, request: Request) -> Response:
        intake.read_object(await read_body(request), ())
        job_id = request.path_params["job_id"]
        status = jobs.write_status(self._store, job_id)
        if status is None:
            return found(None, "Job not found")
        if status["write_status"] != "FAILURE":
            raise Invalid("Only failed writes can be retried")
        new = jobs.accept(self._store, jobs.body_of(self._store, job_id), self._state.behaviour, retry_of=job_id)
        return JSONResponse({"success": True, "job_id": new})

    # ------------------------------------------------------------------ logs

    async def write_logs(self, request: Request) -> Response:
        query = Query(request.query_params)
        integration_id, category = query.text("integration_id"), query.text("write_category")
        span = query.choice("time_range", tuple(jobs.SPANS)) or "day"
        status = query.choice("status", ("SUCCESS", "FAILURE"))
        limit, offset = query.whole("limit", 100, 1, 100), query.whole("offset", 0, 0)
        query.done()
        if category not in (None, "invoices"):
            return JSONResponse({"results": {"logs": []}})
        logs = jobs.write_logs(
            self._store,
            self._state.behaviour,
            integration_id=integration_id,
            status=status,
            span=span,
            limit=limit,
            offset=offset,
        )
        return JSONResponse({"results": {"logs": logs}})

    async def job_logs(self, request: Request) -> Response:
        query = Query(request.query_params)
        integration_id, job_type = query.text("integration_id"), query.text("job_type")
        status = query.choice("status", ("SUCCESS", "FAILURE"))
        order = query.order(JOB_LOG_FIELDS)
        limit, offset = query.whole("limit", 100, 1, 250), query.whole("offset", 0, 0)
        query.done()
        logs = jobs.job_logs(
            self._store,
            self._state.behaviour,
            integration_id=integration_id,
            status=status,
            job_type=job_type,
            order=order,
            limit=limit,
            offset=offset,
        )
        return JSONResponse({"results": {"logs": logs}})

    async def job_log(self, request: Request) -> Response:
        job_id = request.path_params["job_id"]
        if jobs.write_status(self._store, job_id) is None:
            return found(None, "Job not found")
        return JSONResponse({"results": {"logs": jobs.job_logs(self._store, self._state.behaviour, family_of=job_id)}})

    async def job_log_data(self, request: Request) -> Response:
        log_id = request.path_params["log_id"]
        if jobs.raw_exchange(self._store, log_id) is None:
            return found(None, "Job log not found")
        expires = int(self._store.now()) + _LINK_LIVES
        signature = self._signature(log_id, str(expires))
        host = f"127.0.0.1:{self._files_port}"
        return RedirectResponse(f"http://{host}/raw/{log_id}?expires={expires}&signature={signature}", 302)

    def _signature(self, log_id: str, expires: str) -> str:
        return hmac.new(self._store.signing_key(), f"{log_id} {expires}".encode(), hashlib.sha256).hexdigest()

    def _file(self, request: Request) -> Response:
        """The other host: no token, only signed addresses, and a refusal where a token comes along all the same."""
        if "authorization" in request.headers:
            reason = "Only one authorization mechanism is allowed: the signed address, or an Authorization header"
            return Response(f"<Error><Code>InvalidArgument</Code><Message>{reason}</Message></Error>", 400)
        log_id = request.url.path.removeprefix("/raw/")
        expires = request.query_params.get("expires", "")
        signature = request.query_params.get("signature", "").encode()
        signed = hmac.compare_digest(self._signature(log_id, expires).encode(), signature)
        if not signed or int(expires) < self._store.now():
            return Response("<Error><Code>AccessDenied</Code></Error>", 403)
        return found(jobs.raw_exchange(self._store, log_id), "No such file")

    # ------------------------------------------------------------------ what ResMan already has

    def _lister(self, kind: str) -> Callable[[Request], Awaitable[Response]]:
        async def list_records(request: Request) -> Response:
            return self._page(kind, request, {})

        return list_records

    def _shower(self, kind: str) -> Callable[[Request], Awaitable[Response]]:
        async def show_record(request: Request) -> Response:
            syncs.catch_up(self._store, self._state.behaviour)
            record = self._store.record(kind, request.path_params["record_id"])
            return found(record, "Record not found")

        return show_record

    async def vendors_of_property(self, request: Request) -> Response:
        return self._page("vendors", request, {"usable_at": request.path_params["property_id"]})

    def _page(self, kind: str, request: Request, filters: dict[str, str]) -> Response:
        query = Query(request.query_params)
        filters = dict(filters)
        names = ["integration_id"]
        if "property_id" in LISTS[kind] and "usable_at" not in filters:
            names.append("property_id")
        if kind == "financial-accounts":
            names.append("account_number")
        for name in names:
            if (value := query.text(name)) is not None:
                filters[name] = value
        for name in ("updated_at_gte", "updated_at_lte", "last_seen_gte", "last_seen_lte"):
            if (moment := query.moment(name)) is not None:
                filters[name] = moment
        order = query.order((*OF_EVERY_ROW, *LISTS[kind]))
        limit, offset = query.whole("limit", 100, 1, 250), query.whole("offset", 0, 0)
        query.done()
        syncs.catch_up(self._store, self._state.behaviour)
        total, rows = self._store.page(kind, filters, order, limit, offset)
        return listed(request, rows, total, limit, offset)

    async def integrations(self, request: Request) -> Response:
        query = Query(request.query_params)
        wanted = query.text("integration_id") in (None, INTEGRATION_ID)
        query.order(("id", "name", "created_at"))
        limit, offset = query.whole("limit", 100, 1, 250), query.whole("offset", 0, 0)
        query.done()
        syncs.catch_up(self._store, self._state.behaviour)
        integration: Json = {
            "id": INTEGRATION_ID,
            "name": "Sandbox Property Management (ResMan)",
            "vendor": "RESMAN",
            "active": True,
            "system": "PMS",
            "last_completed_sync": syncs.last_completed(self._store),
        }
        rows = [integration] if wanted else []
        return listed(request, rows[offset : offset + limit], len(rows), limit, offset)

    async def manual_sync(self, request: Request) -> Response:
        body = intake.read_object(await read_body(request), (intake.Field("models_to_sync", "strings"),))
        if request.path_params["integration_id"] != INTEGRATION_ID:
            return found(None, "Integration not found")
        models = [str(model) for model in body["models_to_sync"]] if isinstance(body["models_to_sync"], list) else []
        if unknown := [model for model in models if model.replace("-", "_") not in MODELS]:
            message = f"Invalid enum value. Expected {' | '.join(map(repr, MODELS))}, received '{unknown[0]}'"
            issue: Json = {"code": "invalid_enum_value", "path": ["models_to_sync"], "message": message}
            raise Invalid("Invalid request", [issue])
        syncs.start(self._store, models, self._state.behaviour.sync_takes)
        return JSONResponse({"result": {"success": True}})

    async def create_webhook(self, request: Request) -> Response:
        body = intake.read_object(await read_body(request), intake.WEBHOOK)
        return JSONResponse({"result": self._store.add_webhook(body)})


def _merged(routes: list[Route]) -> list[Route]:
    """Fixed addresses first, then those with a name in them: `/v1/invoices/resman/` is no invoice's id."""
    return sorted(routes, key=lambda route: "{" in route.path)
