"""Several at once: the same file from two desks, another file from a third, one ledger, one rate, and a bad line."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.acceptance.conftest import Hire
from tests.acceptance.line import Line
from tests.acceptance.stage import Clerk, StandIn, each_once, numbers

MIXED = (
    "drop_before",
    "drop_after",
    "close_before",
    "close_after",
    "error_before",
    "error_after",
    "page_after",
    "garbage",
    "half_status_line",
    "cut_body",
    "bad_gzip",
    "no_job_id",
)
"""Half of them after the invoice was accepted."""

LIMIT, WINDOW = 75, 3.0
"""Requests in so many seconds; the stand-in holds its answers back for as long a part of that as the API does."""


def _submit_together(stand_in: StandIn, clerks: list[Clerk], files: list[Path]) -> None:
    """All of them submit until their files are done; whoever meets a doubt attends to it."""
    for _ in range(6):
        commands = [
            clerk.starts("submit", file, "--yes", "--no-results", "--json")
            for clerk, file in zip(clerks, files, strict=True)
        ]
        codes = [command.wait().code for command in commands]
        assert set(codes) <= {0, 1, 3}
        if codes == [0, 0, 0]:
            return
        clerks[0].attends_to_doubts(stand_in)
    raise AssertionError("the files are not done after six tries")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_three_at_once_with_faults(
    hire: Hire, stand_in: StandIn, database: str, request: pytest.FixtureRequest
) -> None:
    """With 15 % of the requests going wrong in twelve ways: 0 doubled, 0 lost."""
    ledger = {"IMPORTER_LEDGER": request.getfixturevalue("postgres")} if database == "postgresql" else {}
    same, other = numbers("SAME", 40), numbers("OTHER", 40)
    clerks = [hire(**ledger) for _ in range(3)]
    files = [clerks[0].writes("same.csv", same)] * 2 + [clerks[2].writes("other.csv", other)]
    stand_in.fail(
        *(
            {"fault": fault, "path": "/v1/invoices/resman/", "status": 503, "probability": 0.15 / len(MIXED)}
            for fault in MIXED
        )
    )
    _submit_together(stand_in, clerks, files)
    failed = [each for each in stand_in.requests("POST", "/v1/invoices/resman/") if each["status"] != 200]
    assert len(failed) >= 3
    stand_in.behave_well()
    each_once([*same, *other], stand_in)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_three_share_one_rate(hire: Hire, stand_in: StandIn, database: str, request: pytest.FixtureRequest) -> None:
    """Against a server that counts strictly, the three together keep the rate: not one 429, no window too full."""
    ledger = {"IMPORTER_LEDGER": request.getfixturevalue("postgres")} if database == "postgresql" else {}
    rate = {"IMPORTER_RATE_LIMIT": str(LIMIT), "IMPORTER_RATE_WINDOW_SECONDS": str(WINDOW)}
    stand_in.behave(rate_limit=LIMIT, rate_window=WINDOW, window="sliding", hold_back=2.0 * WINDOW / 60)
    same, other = numbers("SAME", 60), numbers("OTHER", 60)
    clerks = [hire(**ledger, **rate) for _ in range(3)]
    files = [clerks[0].writes("same.csv", same)] * 2 + [clerks[2].writes("other.csv", other)]
    _submit_together(stand_in, clerks, files)
    requests = stand_in.requests()
    times = [each["at"] for each in requests]
    assert {each["status"] for each in requests} == {200}
    assert max(sum(start <= at < start + WINDOW for at in times) for start in times) <= LIMIT
    each_once([*same, *other], stand_in)


def test_three_wait_for_one_pause(hire: Hire, stand_in: StandIn) -> None:
    """A 429 that other programs on the account have caused pauses everybody, and counts as no failure."""
    stand_in.fail({"fault": "too_many", "path": "/v1/invoices/resman/", "times": 3})
    same, other = numbers("SAME", 30), numbers("OTHER", 30)
    clerks = [hire() for _ in range(3)]
    files = [clerks[0].writes("same.csv", same)] * 2 + [clerks[2].writes("other.csv", other)]
    _submit_together(stand_in, clerks, files)
    each_once([*same, *other], stand_in)


def test_the_database_is_away(hire: Hire, stand_in: StandIn) -> None:
    """Without its PostgreSQL nothing is read further and nothing is sent; the sentence says so, without a password."""
    clerk = hire(IMPORTER_LEDGER="postgresql+psycopg://importer:a-secret-word@127.0.0.1:1/ledger?connect_timeout=2")
    done = clerk.runs("submit", clerk.writes("away.csv", numbers("AWAY", 2)), "--yes", code=2)
    assert "Check that the database server runs and can be reached; nothing is sent without it." in done.err
    assert "a-secret-word" not in done.out + done.err
    assert not stand_in.accepted()


def test_the_database_goes_away_in_the_middle(
    hire: Hire, stand_in: StandIn, postgres: str, postgres_server: str
) -> None:
    """Nothing more is begun, what could not be recorded is told as in doubt, and the next run finds it."""
    import psycopg

    invoices = numbers("AWAY", 20)
    name = urlsplit(postgres).path.strip("/")
    with Line(stand_in.url) as line, psycopg.connect(postgres_server, autocommit=True) as administrator:
        clerk = hire(url=line.url, IMPORTER_LEDGER=postgres)
        file = clerk.writes("away.csv", invoices)
        line.hold_answers = True
        command = clerk.starts("submit", file, "--yes", "--json").when(lambda: line.held == 12)
        administrator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        line.go_on.set()
        done = command.wait()
        assert done.code == 3
        assert (done.answer["counts"]["in_doubt"], done.answer["counts"]["not_sent"]) == (12, 8)
        assert "nothing is sent without it" in done.answer["stopped"]
        assert (clerk.folder / "away.results.xlsx").exists()
        clerk.runs("submit", file, "--yes", code=2)
        administrator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        stand_in.held()
        counts = clerk.runs("submit", file, "--yes", "--json", code=0).answer["counts"]
        assert (counts["already_posted"], counts["posted"]) == (12, 8)
    each_once(invoices, stand_in)
