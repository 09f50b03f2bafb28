"""Starting, stopping, being killed, starting again."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from importer.errors import CannotRun
from importer.sandbox import TOKEN, Behaviour, embedded, reset, serve
from tests.clock import CLOCK
from tests.sandbox.requests import post, status_of, sync, synced_numbers

PROGRAM = """
import os, sys
from pathlib import Path
from importer.clock import clock_of
from importer.sandbox import Behaviour, serve
quick = Behaviour(pending=0, sync_takes=0)
serve(Path(sys.argv[1]), clock_of(os.environ).seconds, behaviour=quick, announce=lambda url: print(url, flush=True))
print("ended", flush=True)
"""


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"})


@contextmanager
def _program(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-W", "error", "-c", PROGRAM, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            yield program, program.stdout.readline().strip()
        finally:
            program.kill()


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    """Jobs, logs, what ResMan has and what the lists show, counted requests too."""
    quick = Behaviour(pending=0, sync_takes=0)
    with embedded(tmp_path, CLOCK.seconds, behaviour=quick) as url, _client(url) as api:
        job_id = post(api, "FAIL-1")
        post(api, "A-2")
        sync(api)
        assert "A-2" in synced_numbers(api)
        before = [api.get(f"/_sandbox/{what}").json() for what in ("posted", "resman", "requests")]
    with embedded(tmp_path, CLOCK.seconds, behaviour=quick) as url, _client(url) as api:
        assert [api.get(f"/_sandbox/{what}").json() for what in ("posted", "resman", "requests")] == before
        assert status_of(api, job_id)[0] == "FAILURE"
        assert "A-2" in synced_numbers(api)


def test_reset_forgets_everything(tmp_path: Path) -> None:
    """The account is as on the first day, in an empty folder too, and where the file is damaged."""
    reset(tmp_path / "new", CLOCK.seconds)
    with embedded(tmp_path, CLOCK.seconds, behaviour=Behaviour(pending=0)) as url, _client(url) as api:
        post(api)
    reset(tmp_path, CLOCK.seconds)
    with embedded(tmp_path, CLOCK.seconds) as url, _client(url) as api:
        assert api.get("/_sandbox/posted").json() == []
        assert api.get("/v1/vendors/").json()["meta"]["total"] == 40
    for file in tmp_path.glob("sandbox.sqlite3*"):
        file.write_bytes(b"not a database" * 100)
    reset(tmp_path, CLOCK.seconds)
    with embedded(tmp_path, CLOCK.seconds) as url, _client(url) as api:
        assert api.get("/v1/vendors/").json()["meta"]["total"] == 40


def test_taken_port_is_said(tmp_path: Path) -> None:
    """One sentence that names the port, whichever way it is started."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotRun, match=f"port {port}"), embedded(tmp_path, CLOCK.seconds, port=port):
            pytest.fail("it cannot have started")
        with pytest.raises(CannotRun, match=f"port {port}"):
            serve(tmp_path, CLOCK.seconds, port=port, announce=lambda url: pytest.fail(url))


def test_port_can_be_chosen(tmp_path: Path) -> None:
    """A stand-in that ends frees its port for the next."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for _ in range(2):
        with embedded(tmp_path, CLOCK.seconds, port=port) as url, _client(url) as api:
            assert url == f"http://127.0.0.1:{port}"
            assert api.get("/v1/properties/").status_code == 200


def test_ends_at_once_while_somebody_waits(tmp_path: Path) -> None:
    """Open connections and unfinished answers do not hold up the end."""
    with embedded(tmp_path / "other", CLOCK.seconds, behaviour=Behaviour(latency=3600)) as url, _client(url) as api:
        with pytest.raises(httpx.ReadTimeout):
            api.get("/v1/properties/", timeout=0.1)
        with socket.create_connection((api.base_url.host, api.base_url.port or 0)) as idle:
            idle.sendall(b"GET /v1/properties/ HTTP/1.1\r\nhost: x\r\n")


@pytest.mark.skipif(os.name != "posix", reason="signals as a POSIX system has them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_program_ends_cleanly_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    """It announces its address when it answers, and returns on Ctrl-C or a polite kill, without a word on stderr."""
    with _program(tmp_path) as (program, url), _client(url) as api:
        post(api)
        program.send_signal(number)
        output, errors = program.communicate(timeout=20)
    assert (output, errors, program.returncode) == ("ended\n", "", 0)


@pytest.mark.skipif(os.name != "posix", reason="signals as a POSIX system has them")
def test_killed_program_loses_nothing_it_answered(tmp_path: Path) -> None:
    """After kill -9 in the middle of work, every accepted invoice is there."""
    jobs = []
    with _program(tmp_path) as (program, url):
        with _client(url) as api:
            jobs = [post(api, f"A-{index}") for index in range(25)]
            program.kill()
        program.wait(timeout=20)
    with embedded(tmp_path, CLOCK.seconds) as url, _client(url) as api:
        assert [row["job_id"] for row in api.get("/_sandbox/posted").json()] == jobs


def test_importing_it_is_cheap() -> None:
    """No web library is loaded before a stand-in starts, and none of the stations of the road ever is."""
    heavy = ["uvicorn", "starlette", "httpx", "pandas", "openpyxl", "sqlalchemy", "pydantic"]
    check = f"import sys, importer.sandbox; print([name for name in {heavy} if name in sys.modules])"
    assert _python(check) == "[]"
    stations = ["importer.reading", "importer.validation", "importer.sending", "importer.report"]
    check = f"import sys, importer.sandbox.server; print([name for name in {stations} if name in sys.modules])"
    assert _python(check) == "[]"


def _python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_connections_of_the_last_moment_are_closed(tmp_path: Path) -> None:
    """Whoever connects while it ends is hung up on: nothing is left open, which the suite would report."""
    for _ in range(10):
        with ExitStack() as stack, embedded(tmp_path, CLOCK.seconds) as url:
            address = (httpx.URL(url).host, httpx.URL(url).port or 0)
            late = [stack.enter_context(socket.create_connection(address)) for _ in range(4)]
            late[0].sendall(b"GET /v1/properties/ HTTP/1.1\r\nhost: x\r\n\r\n")
        gc.collect()
