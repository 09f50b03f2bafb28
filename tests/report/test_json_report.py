"""The answer for programs, whole."""

from __future__ import annotations

from pathlib import Path

from importer.domain.outcome import Evidence, Run, Status
from importer.domain.problem_catalog import NOT_A_DATE, UNCLEAR_CONTINUATION
from importer.domain.problems import Place, Problem
from importer.domain.reading import SkippedRow
from importer.report import as_json
from tests import factory


def _run() -> Run:
    at = factory.source()
    good = factory.invoice(factory.line(), factory.line(2, 50), at=at, number="A-1")
    bad = factory.invoice(at=at, number=None, vendor=None, first_row=4, issued=None)
    wrong = Problem(NOT_A_DATE, "'x' is not a date.", at.place(4, "invoice_date"), "invoice_date", "x")
    loose = Problem(UNCLEAR_CONTINUATION, "Which?", Place("march.xlsx", "Sheet1", 5, "C"), "invoice_number")
    reading = factory.reading(
        [good, bad], skipped=[SkippedRow("march.xlsx", "Sheet1", 6, "grand total")], problems=[loose]
    )
    nothing = Evidence("the write log", factory.NOON, "nothing")
    doubt = factory.outcome(good, Status.IN_DOUBT)._replace(evidence=(nothing,))
    return factory.run(
        doubt,
        factory.outcome(bad, Status.NEEDS_FIXING, problems=[wrong]),
        of=reading,
        stopped="Stopped.",
        notices=["Hm."],
    )


def test_the_whole_answer() -> None:
    """Every key of the documented form, with key, fingerprint and evidence."""
    run = _run()
    nothing = dict.fromkeys(("ready", "posted", "already_posted", "refused", "not_sent", "conflict"), 0)
    assert as_json(run, Path("out/march.results.xlsx")) == {
        "command": "submit",
        "run": "2026-03-31T12-00-00-7f3a",
        "files": ["march.xlsx"],
        "destination": "sandbox",
        "who": "clerk@desk-7",
        "plan": run.plan,
        "results": str(Path("out/march.results.xlsx")),
        "started": "2026-03-31T12:00:00+00:00",
        "finished": "2026-03-31T12:00:42+00:00",
        "stopped": "Stopped.",
        "notices": ["Hm."],
        "unknown_names": [],
        "counts": {"rows": 3, "invoices": 2, **nothing, "in_doubt": 1, "needs_fixing": 1},
        "amounts": {"invoices": 20_100, **nothing, "in_doubt": 10_100, "needs_fixing": 10_000},
        "skipped_rows": [{"file": "march.xlsx", "sheet": "Sheet1", "row": 6, "reason": "grand total"}],
        "problems": [
            {
                "code": "unclear-continuation",
                "severity": "error",
                "message": "C5: Which? Fill in the invoice number, the vendor and the property.",
                "file": "march.xlsx",
                "sheet": "Sheet1",
                "row": 5,
                "column": "C",
                "field": "invoice_number",
                "value": None,
            }
        ],
        "invoices": [
            {
                "invoice_number": "A-1",
                "vendor_id": "vend-1111",
                "property_id": "prop-2222",
                "total_amount_in_cents": 10_100,
                "status": "in_doubt",
                "job_id": None,
                "resman": None,
                "key": run.outcomes[0].key,
                "fingerprint": run.outcomes[0].fingerprint,
                "file": "march.xlsx",
                "sheet": "Sheet1",
                "rows": [2, 3],
                "problems": [],
                "evidence": [{"looked_at": "the write log", "at": "2026-03-31T12:00:00+00:00", "found": "nothing"}],
            },
            {
                "invoice_number": "",
                "vendor_id": "",
                "property_id": "prop-2222",
                "total_amount_in_cents": 10_000,
                "status": "needs_fixing",
                "job_id": None,
                "resman": None,
                "key": None,
                "fingerprint": None,
                "file": "march.xlsx",
                "sheet": "Sheet1",
                "rows": [4],
                "problems": [
                    {
                        "code": "not-a-date",
                        "severity": "error",
                        "message": "D4: 'x' is not a date. Write it like 2026-03-31.",
                        "file": "march.xlsx",
                        "sheet": "Sheet1",
                        "row": 4,
                        "column": "D",
                        "field": "invoice_date",
                        "value": "x",
                    }
                ],
            },
        ],
    }
