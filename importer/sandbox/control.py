"""The endpoints by which tests steer the stand-in and ask for the truth. Under `/_sandbox/`, never counted, no token.

faults      GET, POST a list of faults (see `faults`) to add, DELETE
behaviour   GET, POST the fields of `Behaviour` to change
posted      GET: every accepted POST in order, with `attempt` counting those of the same invoice
resman      GET: every invoice that ResMan holds now, seen by a sync or not
requests    GET: every request but those to here, with its time, its status and what it left of the budget
job/{id}    POST {"write_status", "errors", "kept"}: ends that job now
more        POST {"vendors": 20000, …}: so many more records
"""

from __future__ import annotations

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from importer.sandbox import jobs
from importer.sandbox.faults import read_fault
from importer.sandbox.gate import CONTROL, SharedState
from importer.sandbox.intake import Invalid, Json
from importer.sandbox.records import LISTS
from importer.sandbox.replies import found, read_body
from importer.sandbox.resman import WriteResult


class Control:
    """The endpoints, for one stand-in."""

    def __init__(self, state: SharedState) -> None:
        self._state = state

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route(f"{CONTROL}faults", self._faults, methods=["GET", "POST", "DELETE"]),
            Route(f"{CONTROL}behaviour", self._behaviour, methods=["GET", "POST"]),
            Route(f"{CONTROL}posted", self._posted),
            Route(f"{CONTROL}resman", self._resman),
            Route(f"{CONTROL}requests", self._requests),
            Route(f"{CONTROL}job/{{job_id}}", self._job, methods=["POST"]),
            Route(f"{CONTROL}more", self._more, methods=["POST"]),
        ]

    async def _faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._state.faults.clear()
        elif request.method == "POST":
            given = await read_body(request)
            self._state.faults.add([read_fault(one) for one in (given if isinstance(given, list) else [given])])
        return JSONResponse(self._state.faults.listed())

    async def _behaviour(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                self._state.behaviour = self._state.behaviour.changed(_an_object(await read_body(request)))
            except ValueError as wrong:
                raise Invalid(str(wrong)) from wrong
        return JSONResponse(asdict(self._state.behaviour))

    async def _posted(self, request: Request) -> Response:
        del request
        return JSONResponse(jobs.posted(self._state.store))

    async def _resman(self, request: Request) -> Response:
        del request
        return JSONResponse(jobs.in_resman(self._state.store))

    async def _requests(self, request: Request) -> Response:
        del request
        noted = self._state.store.rows(
            "SELECT number, at, method, path, query, counted, remaining, status FROM requests ORDER BY number"
        )
        return JSONResponse([{**dict(row), "counted": bool(row["counted"])} for row in noted])

    async def _job(self, request: Request) -> Response:
        given = _an_object(await read_body(request))
        wanted, errors = given.get("write_status"), given.get("errors", [])
        if wanted not in ("SUCCESS", "PARTIAL_SUCCESS", "FAILURE") or not isinstance(errors, list):
            raise Invalid(f"a job cannot end in {wanted!r} with {errors!r}")
        verdict = WriteResult(str(wanted), tuple(errors), bool(given.get("kept", wanted != "FAILURE")))
        job_id = request.path_params["job_id"]
        forced = jobs.force(self._state.store, job_id, verdict)
        return found(jobs.write_status(self._state.store, job_id) if forced else None, "Job not found")

    async def _more(self, request: Request) -> Response:
        for kind, count in _an_object(await read_body(request)).items():
            if kind not in LISTS or not isinstance(count, int):
                raise Invalid(f"there cannot be {count!r} more of {kind!r}")
            self._state.store.add_many(kind, count)
        return JSONResponse({"success": True})


def _an_object(value: object) -> Json:
    if not isinstance(value, dict):
        raise Invalid(f"this wants an object, not {value!r}")
    return value
