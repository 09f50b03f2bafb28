"""What the doctor finds: everything that is wrong at once, in words, and with nothing changed by looking."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring
from pydantic import SecretStr
from sqlalchemy import create_engine, text, update

from importer.context import NoProgress, RunContext, open_ledger
from importer.doctor import (
    CheckResult,
    Finding,
    SettingsSource,
    examine,
    exit_code,
)
from importer.doctor.machine import of_room
from importer.doctor.service import of_clock, of_integrations
from importer.dropfolder import drop_store
from importer.dropfolder.folder import DropFolder
from importer.dropfolder.heartbeat import beat
from importer.ledger.ledger_identity import identity
from importer.ledger.states import State
from importer.ledger.tables import INVOICES
from importer.propexo.answers import Integration
from importer.runs.names import sync
from importer.sandbox import FORBIDDEN_TOKEN, INTEGRATION_ID, TOKEN, Behaviour, embedded
from importer.settings import Settings
from tests.clock import CLOCK
from tests.sending.api_servers import answering, closed_port, serving
from tests.sending.made import intent

NOW = CLOCK.now()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded(
        tmp_path_factory.mktemp("api"), CLOCK.seconds, behaviour=Behaviour(rate_limit=1_000_000, sync_takes=0)
    ) as url:
        yield url


@pytest.fixture
def desk(tmp_path: Path, url: str) -> Iterator[RunContext]:
    """A machine on which all is well; no keyring."""
    mine = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]  # not typed there
    settings = Settings(
        home=tmp_path / "home", url=url, token=SecretStr(TOKEN), integration_id=INTEGRATION_ID, rate_limit=100_000
    )
    yield RunContext(settings, lambda: NOW, "clerk@desk", "desk", threading.Event(), NoProgress())
    keyring.set_keyring(mine)


def changed(desk: RunContext, **settings: object) -> RunContext:
    """The same desk with other settings."""
    return replace(desk, settings=desk.settings.model_copy(update=settings))


def found(desk: RunContext, folder: Path | None = None, *, tell: bool = False) -> dict[str, list[Finding]]:
    """What it finds, by what it is about."""
    by: dict[str, list[Finding]] = {}
    for each in examine(desk, SettingsSource(None), folder=folder, tell=tell):
        by.setdefault(each.about, []).append(each)
    return by


def only(desk: RunContext, about: str, folder: Path | None = None) -> tuple[CheckResult, str]:
    """The one thing that is found about something."""
    (one,) = found(desk, folder)[about]
    return one.verdict, f"{one.said} {one.advice}".strip()


def posted(desk: RunContext, number: str, state: State, *, age: timedelta) -> None:
    """An invoice in the ledger that went out so long ago."""
    with open_ledger(desk, f"run-{number}") as ledger:
        ledger.open_run(command="submit", destination=desk.settings.destination, started=NOW - age)
        one = intent(number)
        ledger.claim(desk.settings.destination, [one])
        with ledger.transaction() as connection:
            values = {"state": state, "owner": None, "sent_at": NOW - age}
            connection.execute(update(INVOICES).where(INVOICES.c.key == one.key).values(values))
        ledger.close_run(finished=NOW)


# ------------------------------------------------------------------------------------------------ as a whole


def test_where_all_is_well_it_says_so(desk: RunContext, tmp_path: Path) -> None:
    """Each thing is named, in the order in which one would look."""
    sync(desk)
    config = tmp_path / "importer.toml"
    findings = examine(desk, SettingsSource(config, ("PROPEXO_TOKEN",)))
    assert {each.verdict for each in findings} == {CheckResult.OK}
    assert exit_code(findings) == 0
    assert [each.about for each in findings] == [
        "Settings", "Home", "Disk", "Ledger", "Archive", "Invoices", "Token", "API", "Account", "Names",
    ]  # fmt: skip
    assert findings[0].said == f"They can be used: from {config}; from the environment: PROPEXO_TOKEN."
    assert TOKEN not in str(findings)


def test_everything_that_is_wrong_is_found_at_once(desk: RunContext, tmp_path: Path) -> None:
    """One thing that is wrong keeps no other from being found."""
    (tmp_path / "home" / "archive" / "2026-01-01T00-00-00-0000").mkdir(parents=True)
    with closed_port() as port:
        ill = changed(desk, url=f"http://127.0.0.1:{port}", ledger="postgresql+psycopg://nobody@127.0.0.1:1/none")
        findings = examine(ill, SettingsSource(None), folder=tmp_path / "nowhere")
    wrong = [each.about for each in findings if each.verdict is CheckResult.WRONG]
    assert wrong == ["Ledger", "API", "Folder"]
    assert all(each.advice for each in findings if each.verdict is CheckResult.WRONG)
    assert exit_code(findings) == 1


def test_looking_makes_nothing(desk: RunContext, tmp_path: Path) -> None:
    """Neither a home nor a ledger; and in a folder that was never watched, nothing at all."""
    (tmp_path / "drops").mkdir()
    assert "is not there yet" in only(desk, "Home", tmp_path / "drops")[1]
    assert "There is none yet" in only(desk, "Ledger")[1]
    assert not (tmp_path / "home").exists()
    assert list((tmp_path / "drops").iterdir()) == []


# ------------------------------------------------------------------------------------------------ ledger, invoices


def test_an_older_ledger_is_left_as_it_is(desk: RunContext) -> None:
    """Bringing it up to date would lock older versions on other machines out; the API is asked all the same."""
    posted(desk, "A-1", State.CONFIRMED, age=timedelta(0))
    engine = create_engine(desk.settings.ledger)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    verdict, said = only(desk, "Ledger")
    assert (verdict, "written by an older version" in said) == (CheckResult.LOOK, True)
    assert only(desk, "API")[0] is CheckResult.OK
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0001"
    engine.dispose()


def test_a_ledger_that_is_gone_or_old_is_found(desk: RunContext, tmp_path: Path) -> None:
    """By the runs that posted from here."""
    (tmp_path / "home" / "archive" / "2026-01-01T00-00-00-0000").mkdir(parents=True)
    verdict, said = only(desk, "Ledger")
    assert (verdict, "it is gone" in said) == (CheckResult.WRONG, True)
    assert not (tmp_path / "home" / "ledger.sqlite3").exists()
    posted(changed(desk, home=tmp_path / "other"), "A-1", State.CONFIRMED, age=timedelta(0))
    verdict, said = only(desk, "Archive")
    assert (verdict, "such as 2026-01-01T00-00-00-0000" in said) == (CheckResult.WRONG, True)


def test_what_is_open_for_long_is_found(desk: RunContext) -> None:
    """In doubt and left half-way need a person; what is pending should be asked about, and only after a day."""
    posted(desk, "A-1", State.ACCEPTED, age=timedelta(hours=23))
    assert only(desk, "Invoices")[0] is CheckResult.OK
    posted(desk, "A-2", State.ACCEPTED, age=timedelta(hours=25))
    posted(desk, "A-3", State.IN_DOUBT, age=timedelta(minutes=1))
    posted(desk, "A-4", State.SENDING, age=timedelta(hours=3))
    said = {each.said.split(",")[0]: each.verdict for each in found(desk)["Invoices"]}
    assert said == {
        "1 invoice ($125.00) is in doubt": CheckResult.WRONG,
        "1 invoice ($125.00) is left half-way by a run that is gone": CheckResult.WRONG,
        "2 invoices ($250.00) are not confirmed by ResMan": CheckResult.LOOK,
    }


def test_a_ledger_that_takes_no_writing_is_one_finding(desk: RunContext, postgres: str) -> None:
    """The API is asked all the same, within a pace of its own."""
    ill = changed(desk, ledger=postgres)
    posted(ill, "A-1", State.CONFIRMED, age=timedelta(0))
    engine = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {engine.url.database} SET default_transaction_read_only = on"))
    engine.dispose()
    by = found(ill)
    assert {about for about, each in by.items() if any(one.verdict is CheckResult.WRONG for one in each)} == {"Ledger"}
    assert any("It takes no writing" in each.said for each in by["Ledger"])
    assert by["API"][0].verdict is CheckResult.OK


# ------------------------------------------------------------------------------------------------ token, API


@pytest.mark.parametrize("token", ["tok-of-somebody-else", FORBIDDEN_TOKEN])
def test_a_token_that_is_refused_is_found_and_never_shown(desk: RunContext, token: str) -> None:
    """With the way to another."""
    ill = changed(desk, token=SecretStr(token))
    kept, refused = found(ill)["Token"]
    assert (kept.verdict, refused.verdict) == (CheckResult.OK, CheckResult.WRONG)
    assert "invoice-importer login" in refused.advice
    assert token not in str(found(ill))


def test_without_a_token_the_api_is_not_asked(desk: RunContext) -> None:
    """Which is one thing that is wrong, not two."""
    without = changed(desk, token=None)
    assert only(without, "Token")[0] is CheckResult.WRONG
    assert only(without, "API")[0] is CheckResult.UNTOLD


@pytest.mark.skipif(os.name != "posix", reason="other systems keep their rights elsewhere")
def test_a_token_file_that_others_can_read_is_found(desk: RunContext) -> None:
    """And a home into which anybody can write."""
    home = desk.settings.home
    home.mkdir()
    (home / "token").write_text(TOKEN)
    (home / "token").chmod(0o644)
    assert "can be read by other people" in only(changed(desk, token=None), "Token")[1]
    (home / "token").chmod(0o600)
    assert only(changed(desk, token=None), "Token") == (
        CheckResult.OK,
        f"There is one, from the file {home / 'token'}.",
    )
    home.chmod(0o777)
    assert only(desk, "Home")[0] is CheckResult.WRONG


def test_the_clock_is_compared_with_that_of_the_api(desk: RunContext) -> None:
    """By the header of its answer."""
    head = f"HTTP/1.1 200 OK\r\ndate: {format_datetime(NOW - timedelta(minutes=12), usegmt=True)}\r\n"
    body = b'{"results": []}'
    answer = f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
    with serving(answering(answer)) as server:
        verdict, said = only(changed(desk, url=server.url), "Clock")
    assert verdict is CheckResult.LOOK
    assert said.startswith("This machine's clock is 12 minutes ahead of the API's.")
    assert of_clock(NOW, NOW + timedelta(seconds=59)).verdict is CheckResult.OK
    assert "2 minutes behind" in of_clock(NOW, NOW + timedelta(seconds=120)).said


def test_the_account_of_the_settings_must_be_one_of_the_token(desk: RunContext) -> None:
    """A ResMan account, switched on, and fetched from not long ago."""
    assert only(changed(desk, integration_id="intg-wrong"), "Account")[0] is CheckResult.WRONG
    assert INTEGRATION_ID in only(changed(desk, integration_id=None), "Account")[1]
    good = {"id": "intg-1", "vendor": "RESMAN", "active": True, "last_completed_sync": NOW - timedelta(hours=12)}
    for change, verdict in (
        ({}, CheckResult.OK),
        ({"vendor": "YARDI"}, CheckResult.WRONG),
        ({"active": False}, CheckResult.WRONG),
        ({"last_completed_sync": NOW - timedelta(hours=40)}, CheckResult.LOOK),
        ({"last_completed_sync": None, "vendor": None, "active": None}, CheckResult.OK),
    ):
        (one,) = of_integrations([Integration.model_validate(good | change)], "intg-1", NOW)
        assert one.verdict is verdict, one


def test_a_pause_that_the_api_asks_for_is_no_failure(desk: RunContext) -> None:
    """429: somebody uses up the budget."""
    with serving(answering(b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n")) as server:
        assert only(changed(desk, url=server.url), "API")[0] is CheckResult.LOOK


def test_names_that_were_fetched_long_ago_are_found(desk: RunContext) -> None:
    """Or never; then ids do as before."""
    assert only(desk, "Names")[0] is CheckResult.LOOK
    sync(desk)
    assert only(desk, "Names")[0] is CheckResult.OK
    later = replace(desk, now=lambda: NOW + timedelta(days=8))
    assert only(later, "Names")[0] is CheckResult.LOOK


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(90_000_000, CheckResult.WRONG), (900_000_000, CheckResult.LOOK), (2_000_000_000, CheckResult.OK)],
)
def test_room_on_the_disk_runs_out_in_steps(free: int, verdict: CheckResult) -> None:
    """A warning comes first."""
    assert of_room(Path("home"), free).verdict is verdict


# ------------------------------------------------------------------------------------------------ a drop folder


@pytest.fixture
def folder(tmp_path: Path) -> DropFolder:
    (tmp_path / "drops").mkdir()
    made = DropFolder.at(tmp_path / "drops")
    made.make()
    return made


def test_a_folder_that_is_watched_is_in_order(desk: RunContext, folder: DropFolder) -> None:
    """Until its watcher is gone."""
    before = sorted(folder.root.rglob("*"))
    assert "Watching" not in found(desk, folder.root)
    with ExitStack() as stack:
        ledger = stack.enter_context(open_ledger(desk, "watcher-1"))
        mine = folder.belongs_to(identity(ledger), desk.settings.destination)
        drop_store.begin_to_watch(ledger, mine, str(folder.root))
        by = found(desk, folder.root)
        assert [each.verdict for about in ("Folder", "Orders", "Watching") for each in by[about]] == [
            CheckResult.OK
        ] * 3
        assert by["Watching"][0].said == "The folder is watched by clerk@desk (since just now)."
        beat(folder, {"at": (NOW - timedelta(seconds=90)).isoformat()})
        assert only(desk, "Watching", folder.root)[0] is CheckResult.OK
        beat(folder, {"at": (NOW - timedelta(hours=2)).isoformat()})
        verdict, said = only(desk, "Watching", folder.root)
        assert (verdict, "its last look at it was 2 hours ago" in said) == (CheckResult.WRONG, True)
        (folder.own / "heartbeat.json").unlink()
        drop_store.trouble(ledger, mine, "api", "The API did not answer.")
        assert [each.verdict for each in found(desk, folder.root)["Watching"]] == [CheckResult.OK, CheckResult.WRONG]
        drop_store.trouble_over(ledger, mine, "api")
        drop_store.end_watching(ledger)
    assert only(desk, "Watching", folder.root)[0] is CheckResult.WRONG
    assert sorted(folder.root.rglob("*")) == sorted([*before, folder.own / "ledger.json"])


def test_a_folder_of_another_ledger_is_found(desk: RunContext, folder: DropFolder, tmp_path: Path) -> None:
    """Two ledgers would post the same bill twice."""
    with open_ledger(changed(desk, ledger=f"sqlite:///{tmp_path / 'other.sqlite3'}"), "w") as other:
        folder.belongs_to(identity(other), "https://api.example")
    posted(desk, "A-1", State.CONFIRMED, age=timedelta(0))
    verdict, said = only(desk, "Watching", folder.root)
    assert (verdict, "Two ledgers would post the same bill twice." in said) == (CheckResult.WRONG, True)


@pytest.mark.parametrize(
    ("orders", "verdict", "said"),
    [
        ('action = "check"', CheckResult.OK, "posts nothing"),
        ('action = "submit"', CheckResult.OK, "without asking anybody"),
        ('action = "submit"\napproval = "required"', CheckResult.OK, "what somebody else has approved"),
        ('action = "post"', CheckResult.WRONG, "Nothing is taken until then."),
        ("action = ", CheckResult.WRONG, "cannot be understood"),
    ],
)
def test_the_settings_of_a_folder_are_looked_at(
    desk: RunContext, folder: DropFolder, orders: str, verdict: CheckResult, said: str
) -> None:
    """And what they come to is said."""
    folder.orders.write_text(orders)
    told, text_ = only(desk, "Orders", folder.root)
    assert (told, said in text_) == (verdict, True)


def test_parts_that_are_missing_or_links_are_found(desk: RunContext, folder: DropFolder, tmp_path: Path) -> None:
    """A link could lead anywhere; what is missing is made anew by the watcher."""
    shutil.rmtree(folder.root / "done")
    assert only(desk, "Folder", folder.root)[0] is CheckResult.OK
    (tmp_path / "elsewhere").mkdir()
    (folder.root / "done").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert "is a link, or no folder" in only(desk, "Folder", folder.root)[1]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_who_is_told_needs_a_server_and_a_password(desk: RunContext, folder: DropFolder) -> None:
    """A trial is sent only where it is asked for; a webhook's address is never shown."""
    assert only(desk, "Telling", folder.root)[0] is CheckResult.LOOK
    folder.orders.write_text('[tell]\nemail = "ap@example.com"')
    assert only(desk, "Telling", folder.root)[0] is CheckResult.WRONG
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    with serving(answering(answer)) as server:
        folder.orders.write_text(f'[tell]\nwebhook = "{server.url}/geheim"')
        assert only(desk, "Telling", folder.root)[0] is CheckResult.OK
        said = found(desk, folder.root, tell=True)["Telling"]
        assert [each.verdict for each in said] == [CheckResult.OK, CheckResult.OK]
        assert "geheim" not in str(said)
    assert [each.verdict for each in found(desk, folder.root, tell=True)["Telling"]] == [
        CheckResult.OK,
        CheckResult.WRONG,
    ]
