"""Accepted invoices as jobs: pending for a while, then done or failed, and what the logs say of them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from importer.sandbox.behaviour import Behaviour
from importer.sandbox.intake import Json, timestamp
from importer.sandbox.resman import WriteResult, judge
from importer.sandbox.store import SandboxStore

JOB_TYPE = "RESMAN_CREATE_INVOICE_WRITE"
STEP_TYPE = "RESMAN_CREATE_INVOICE_REQUEST"

SPANS = {"hour": 3600.0, "day": 86400.0, "week": 7 * 86400.0, "month": 30 * 86400.0}
"""`time_range` in seconds."""

_STATUS = "CASE WHEN settles_at > :now THEN 'PENDING' ELSE write_status END"
_LOGGED = (
    "CASE WHEN settles_at > :now THEN 'PENDING' WHEN write_status = 'PARTIAL_SUCCESS' THEN :partial"
    " ELSE write_status END"
)


def accept(store: SandboxStore, body: Json, behaviour: Behaviour, retry_of: str | None = None) -> str:
    """Queues an invoice and answers its job id. It is written down before this returns, and never compared with what
    was accepted before: twice is two invoices."""
    with store.change():
        now = store.now()
        today = datetime.fromtimestamp(now, UTC)
        job_id = f"job-{today:%Y%m%d}-{secrets.token_hex(8)}"
        log_id, step_log_id = f"log-{secrets.token_hex(8)}", f"log-{secrets.token_hex(8)}"
        parent = None if retry_of is None else store.row("SELECT root_job_id FROM jobs WHERE id = ?", (retry_of,))
        root_job_id = job_id if parent is None else parent["root_job_id"]
        verdict = judge(body, today.date(), retried=retry_of is not None)
        identity = [body[name] for name in ("integration_id", "property_id", "vendor_id", "invoice_number")]
        store.database.execute(
            "INSERT INTO jobs (id, via, root_job_id, parent_job_id, at, settles_at, integration_id, invoice_key, body,"
            " write_status, errors, kept, log_id, write_log_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                job_id,
                "post" if retry_of is None else "retry",
                root_job_id,
                retry_of,
                now,
                now + behaviour.pending,
                body["integration_id"],
                json.dumps(identity),
                json.dumps(body),
                verdict.write_status,
                json.dumps(verdict.errors),
                verdict.kept,
                log_id,
                f"wlog-{secrets.token_hex(8)}",
            ),
        )
        step_id = f"{job_id}-1"
        store.database.executemany(
            "INSERT INTO job_logs VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (log_id, job_id, root_job_id, retry_of, job_id, now, JOB_TYPE, body["property_id"]),
                (step_log_id, step_id, root_job_id, job_id, job_id, now, STEP_TYPE, body["property_id"]),
            ),
        )
    return job_id


def write_status(store: SandboxStore, job_id: str) -> Json | None:
    """What became of a job; None where there is no such job."""
    sql = f"SELECT {_STATUS} AS status, errors FROM jobs WHERE id = :job_id"  # noqa: S608 -- own text
    found = store.row(sql, {"now": store.now(), "job_id": job_id})
    if found is None:
        return None
    errors = [] if found["status"] == "PENDING" else json.loads(found["errors"])
    return {"write_status": found["status"], "errors": errors, "created_record_id": None}


def body_of(store: SandboxStore, job_id: str) -> Json:
    """The invoice of a job, as it was accepted."""
    found = store.row("SELECT body FROM jobs WHERE id = ?", (job_id,))
    body: Json = json.loads(found["body"]) if found else {}
    return body


def force(store: SandboxStore, job_id: str, verdict: WriteResult) -> bool:
    """Ends a job now, and thus. False where there is no such job."""
    changed = store.database.execute(
        "UPDATE jobs SET settles_at = min(settles_at, ?), write_status = ?, errors = ?, kept = ? WHERE id = ?",
        (store.now(), verdict.write_status, json.dumps(verdict.errors), verdict.kept, job_id),
    )
    return changed.rowcount == 1


def write_logs(
    store: SandboxStore,
    behaviour: Behaviour,
    *,
    integration_id: str | None,
    status: str | None,
    span: str,
    limit: int,
    offset: int,
) -> list[Json]:
    """Jobs that have ended, the newest first. A pending one is not there."""
    now = store.now()
    found = store.rows(
        f"SELECT *, {_LOGGED} AS status FROM jobs WHERE settles_at <= :now AND settles_at > :since"  # noqa: S608 -- own text
        " AND (:integration_id IS NULL OR integration_id = :integration_id)"
        f" AND (:status IS NULL OR {_LOGGED} = :status)"
        " ORDER BY settles_at DESC, number DESC LIMIT :limit OFFSET :offset",
        {
            "now": now,
            "since": now - SPANS[span],
            "partial": behaviour.partial_in_logs,
            "integration_id": integration_id,
            "status": status,
            "limit": limit,
            "offset": offset,
        },
    )
    logs = []
    for row in found:
        errors = json.loads(row["errors"])
        log: Json = {
            "id": row["write_log_id"],
            "created_at": timestamp(row["settles_at"]),
            "job_id": row["id"],
            "job_log_id": row["log_id"],
            "status": row["status"],
            "integration_id": row["integration_id"],
            "job_type": JOB_TYPE,
            "error": "; ".join(map(str, errors)) or None,
            "name": "Create invoice",
            "vendor": "RESMAN",
        }
        body = json.loads(row["body"])
        match behaviour.parameters_in_logs:
            case "object":
                log["parameters"] = body
            case "wrapped":
                log["parameters"] = {"method": "POST", "body": body}
            case "text":
                log["parameters"] = row["body"]
            case "absent":
                pass
        logs.append(log)
    return logs


def job_logs(
    store: SandboxStore,
    behaviour: Behaviour,
    *,
    family_of: str | None = None,
    integration_id: str | None = None,
    status: str | None = None,
    job_type: str | None = None,
    order: Sequence[tuple[str, bool]] = (("created_at", True),),
    limit: int = 250,
    offset: int = 0,
) -> list[Json]:
    """Rows of the job logs; with `family_of`, those of one job and of the jobs that it spawned."""
    columns = {"created_at": "job_logs.at", "id": "job_logs.id", "integration_id": "jobs.integration_id"}
    terms = [f"{columns.get(name, name)} {'DESC' if descending else 'ASC'}" for name, descending in order]
    found = store.rows(
        "WITH RECURSIVE family (job_id) AS (SELECT :family_of UNION"  # noqa: S608 -- own text
        " SELECT job_logs.job_id FROM job_logs JOIN family ON job_logs.parent_job_id = family.job_id"
        " WHERE job_logs.root_job_id = (SELECT root_job_id FROM jobs WHERE id = :family_of))"
        " SELECT job_logs.id AS id, job_logs.job_id AS job_id, job_logs.root_job_id AS root_job_id,"
        " job_logs.parent_job_id AS parent_job_id, job_logs.at AS at, job_type, property_id, jobs.integration_id AS"
        f" integration_id, {_LOGGED} AS status FROM job_logs JOIN jobs ON jobs.id = job_logs.write_job_id"
        f" WHERE (:status IS NULL OR {_LOGGED} = :status) AND (:pending OR settles_at <= :now)"
        " AND (:integration_id IS NULL OR jobs.integration_id = :integration_id)"
        " AND (:job_type IS NULL OR job_type = :job_type)"
        " AND (:family_of IS NULL OR job_logs.job_id IN (SELECT job_id FROM family))"
        f" ORDER BY {', '.join(terms)}, job_logs.rowid LIMIT :limit OFFSET :offset",
        {
            "now": store.now(),
            "partial": behaviour.partial_in_logs,
            "pending": behaviour.pending_in_logs,
            "family_of": family_of,
            "integration_id": integration_id,
            "status": status,
            "job_type": job_type,
            "limit": limit,
            "offset": offset,
        },
    )
    return [
        {
            "id": row["id"],
            "job_id": row["job_id"],
            "root_job_id": row["root_job_id"],
            "parent_job_id": row["parent_job_id"],
            "created_at": timestamp(row["at"]),
            "job_type": row["job_type"],
            "status": row["status"],
            "integration_id": row["integration_id"],
            "associated_property_id": row["property_id"],
        }
        for row in found
    ]


def raw_exchange(store: SandboxStore, log_id: str) -> Json | None:
    """What went to ResMan and what came back, for one row of the job logs; None where there is no such row."""
    row = store.row(
        "SELECT jobs.*, settles_at <= :now AS ended FROM job_logs JOIN jobs ON jobs.id = job_logs.write_job_id"
        " WHERE job_logs.id = :log_id",
        {"now": store.now(), "log_id": log_id},
    )
    if row is None:
        return None
    request = {
        "method": "POST",
        "url": "https://resman.example/AccountsPayable/Invoice",
        "body": json.loads(row["body"]),
    }
    if not row["ended"]:
        return {"request": request, "response": None}
    errors = json.loads(row["errors"])
    status = 200 if row["write_status"] != "FAILURE" else 400
    return {
        "request": request,
        "response": {"status": status, "body": {"MethodName": "Invoice", "ErrorDescription": errors}},
    }


def posted(store: SandboxStore) -> list[Json]:
    """Every accepted POST in order: the truth about doubles. `attempt` counts those of the same invoice."""
    found = store.rows(
        "SELECT *, row_number() OVER (ORDER BY number) AS place,"
        " row_number() OVER (PARTITION BY invoice_key ORDER BY number) AS attempt"
        " FROM jobs WHERE via = 'post' ORDER BY number"
    )
    return [
        {
            "number": row["place"],
            "invoice_number": body["invoice_number"],
            "body": body,
            "at": row["at"],
            "job_id": row["id"],
            "attempt": row["attempt"],
        }
        for row in found
        for body in (json.loads(row["body"]),)
    ]


def in_resman(store: SandboxStore) -> list[Json]:
    """Every invoice that ResMan really holds now, synced or not, retries and silent time-outs included."""
    found = store.rows("SELECT * FROM jobs WHERE kept AND settles_at <= ? ORDER BY number", (store.now(),))
    return [{"job_id": row["id"], "via": row["via"], "body": json.loads(row["body"])} for row in found]
