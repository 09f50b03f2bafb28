"""Reading what a request says and wording what goes back, for all endpoints."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from importer.sandbox import intake
from importer.sandbox.intake import Invalid, Json


async def read_body(request: Request) -> object:
    return intake.read_json(await request.body(), request.headers.get("content-type", ""))


def found(content: Mapping[str, object] | None, otherwise: str) -> Response:
    if content is None:
        return JSONResponse({"error": {"code": "not_found", "message": otherwise}}, 404)
    return JSONResponse(content)


def listed(request: Request, rows: list[Json], total: int, limit: int, offset: int) -> Response:
    meta: Json = {
        "offset": offset,
        "limit": limit,
        "orderBy": request.query_params.get("order-by", "created_at:desc"),
        "hasMore": offset + len(rows) < total,
        "total": total,
    }
    return JSONResponse({"meta": meta, "results": rows})


def invalid(request: Request, problem: Exception) -> Response:
    del request
    assert isinstance(problem, Invalid)  # noqa: S101 -- registered for nothing else; this tells the type checker
    error: Json = {"code": "invalid_request", "message": problem.message}
    if problem.issues:
        error["details"] = {"issues": problem.issues, "name": "ZodError"}
    return JSONResponse({"error": error}, 400)


def plain(request: Request, problem: Exception) -> Response:
    del request
    assert isinstance(problem, HTTPException)  # noqa: S101 -- registered for nothing else; this tells the type checker
    code = problem.detail.lower().replace(" ", "_")
    return JSONResponse({"error": {"code": code, "message": problem.detail}}, problem.status_code, problem.headers)
