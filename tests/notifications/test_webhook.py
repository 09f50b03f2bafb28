"""The webhook: against a real web server on loopback, and against those that misbehave."""

from __future__ import annotations

import json
import logging
import socket
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as runs
from hypothesis import strategies as some
from pydantic import SecretStr, ValidationError

from importer.notifications import Message, Recipients, tell
from importer.notifications.recipients import WebhookForm
from importer.notifications.webhook import payload
from importer.settings import Settings
from tests.notifications.posts import FOLDER, message
from tests.notifications.servers import Hook, certificates, web_server
from tests.sending.api_servers import (
    answering,
    closed_port,
    deaf,
    serving,
)

SETTINGS = Settings(home=FOLDER / "home")
SECRET = "secret-part"


def to(address: str, form: WebhookForm | None = None) -> Recipients:
    return Recipients(webhook=SecretStr(address), format=form)


def texts_of(card: Any) -> str:
    """Everything that an Adaptive Card shows, line by line."""
    body = card["attachments"][0]["content"]["body"]
    return "\n".join(run["text"] for block in body for run in block["inlines"])


def text_in(form: WebhookForm, told: Message) -> str:
    sent = payload(told, form)
    return texts_of(sent) if form == "teams" else str(sent["text"])


# ------------------------------------------------------------------------------------------------ it arrives


def test_it_is_one_post_of_json() -> None:
    """Title, account, what happened, the tie-out, what to do, where things lie."""
    with web_server(Hook()) as hook:
        assert tell(message(), to(hook.url), SETTINGS) == []
    assert [one["text"].splitlines() for one in hook.given] == [
        [
            "[SANDBOX] 1 invoice posted – march.xlsx",
            "SANDBOX: A rehearsal: nothing here reaches the real ResMan.",
            "1 invoice posted, $100.00.",
            "Read from the input 1, $100.00 = Posted 1, $100.00",
            "The new invoices wait in ResMan for approval. Whether ResMan took them is asked by itself.",
            "Folder: /srv/invoices",
            "The file: done/2026-03/march.xlsx",
            "Run: 2026-03-31T12-00-00-7f3a",
        ]
    ]


def test_encrypted_with_a_certificate_that_is_checked() -> None:
    """It goes to a host that shows a trusted one, and not to one that does not."""
    papers = certificates()
    with web_server(Hook(), papers.server) as hook:
        address = hook.url.replace("http:", "https:")
        assert tell(message(), to(address), SETTINGS, trust=papers.trust) == []
        said = tell(message(), to(address), SETTINGS, trust=certificates().trust)
    assert len(hook.given) == 1
    assert said == ["The message to 127.0.0.1 was not delivered: it cannot be reached."]


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("https://hooks.slack.com/services/T0/B0/x", "slack"),
        ("https://contoso.webhook.office.com/webhookb2/x", "teams"),
        ("https://prod-1.westeurope.logic.azure.com:443/workflows/x?sig=y", "teams"),
        ("https://d.environment.api.powerplatform.com:443/x?sig=y", "teams"),
        ("https://chat.example.com/hooks/x", "plain"),
        ("https://hooks.slack.com.example.com/x", "plain"),
        ("https://notlogic.azure.com/x", "plain"),
    ],
)
def test_the_form_follows_from_the_host(address: str, form: str) -> None:
    """Unless the folder's settings say otherwise."""
    assert to(address).form == form
    assert to(address, "slack").form == "slack"


# -------------------------------------------------------------------------------------- once, or once more


def test_it_is_repeated_once_where_the_server_says_that_it_did_not_act() -> None:
    """429 and 5xx; a second refusal is said."""
    for statuses, said in (
        ([503, 200], []),
        ([429, 202], []),
        ([500], ["The message to 127.0.0.1 was not delivered: it answers that it cannot take it now (500)."]),
    ):
        with web_server(Hook(statuses, {"retry-after": "0"})) as hook:
            assert tell(message(), to(hook.url), SETTINGS) == said
        assert len(hook.given) == 2


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "it does not know this address, or no longer (404); make a new one and write it down"),
        (400, "it refuses the message (400); see whether its format is right"),
    ],
)
def test_a_refusal_is_not_repeated(status: int, said: str) -> None:
    """Repeating would change nothing."""
    with web_server(Hook([status])) as hook:
        assert tell(message(), to(hook.url), SETTINGS) == [f"The message to 127.0.0.1 was not delivered: {said}."]
    assert len(hook.given) == 1


def test_a_redirect_is_not_followed() -> None:
    """The message would go to somebody else."""
    with web_server(Hook()) as elsewhere, web_server(Hook([307], {"location": elsewhere.url})) as hook:
        (said,) = tell(message(), to(hook.url), SETTINGS)
    assert "it answers with a redirect (307), which is never followed" in said
    assert elsewhere.given == []


def test_nobody_listens() -> None:
    """Asked twice, then said."""
    with closed_port() as port:
        said = tell(message(), to(f"http://127.0.0.1:{port}/{SECRET}"), SETTINGS)
    assert said == ["The message to 127.0.0.1 was not delivered: it cannot be reached."]


def test_what_may_have_arrived_is_not_sent_again() -> None:
    """The server read it all and hung up: nobody can tell, and a second message would be one too many."""
    given = []

    def hang_up(connection: socket.socket, over: threading.Event) -> None:
        given.append(connection.recv(65_536))

    with serving(hang_up) as server:
        (said,) = tell(message(), to(server.url), SETTINGS)
    assert "it may have arrived all the same" in said
    assert len(given) == 1


@pytest.mark.parametrize(
    "serve", [deaf, answering(b"HTTP/1.1 200 OK\r\n", b"x", every=0.05)], ids=["deaf", "trickling"]
)
def test_a_server_that_hangs_holds_nobody_up(serve: Any) -> None:
    """Neither in one long silence nor in many short ones."""
    with serving(serve) as server:
        (said,) = tell(message(), to(server.url), SETTINGS, seconds=0.6)
    assert said.startswith("The message to 127.0.0.1 was not ")
    assert "all the same" in said


# ------------------------------------------------------------------------------------------------ secrets


def test_its_address_is_in_no_text_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """Neither said, nor shown with the settings, nor logged by a library at its most talkative."""
    caplog.set_level(logging.DEBUG)
    said = []
    for statuses in ([200], [404], [307], [500]):
        with web_server(Hook(statuses, {"retry-after": "0"})) as hook:
            said += tell(message(), to(hook.url), SETTINGS)
            assert all(SECRET in path for path in hook.paths)
            said.append(repr(to(hook.url)) + str(to(hook.url)))
    logged = "".join(record.getMessage() for record in caplog.records)
    assert SECRET not in "".join(said) + logged
    assert "127.0.0.1" in logged


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"http://hooks.example.com/{SECRET}", "it is not encrypted; use https"),
        (f"ftp://hooks.example.com/{SECRET}", "it is not the address of a webhook; copy it again"),
        (f"https://me:{SECRET}@hooks.example.com/", "it is not the address of a webhook; copy it again"),
        (f"https://hooks.example.com:port/{SECRET}", "it is not the address of a webhook; copy it again"),
        (f"https://hooks.example.com/{SECRET}\nHost: x", "it is not the address of a webhook; copy it again"),
        (f"hooks.example.com/{SECRET}", "it is not the address of a webhook; copy it again"),
    ],
)
def test_an_impossible_address_is_refused_without_being_repeated(address: str, said: str) -> None:
    """Where the folder's settings are read, not when there is something to tell."""
    with pytest.raises(ValidationError) as caught:
        Recipients.model_validate({"webhook": address})
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)


def test_recipients_as_they_are_written_down() -> None:
    """One address or several; a blank webhook is none; what is no address, or no setting, is refused."""
    assert Recipients.model_validate({"email": "ap@example.com"}).email == ("ap@example.com",)
    assert Recipients.model_validate({"webhook": ""}).webhook is None
    wrongly: tuple[dict[str, object], ...] = (
        {"email": ["ap@example.com\nBcc: x@example.com"]},
        {"email": "ap@example.com, controller@example.com"},
        {"email": "accounts payable"},
        {"emial": []},
    )
    for wrong in wrongly:
        with pytest.raises(ValidationError):
            Recipients.model_validate(wrong)


# ------------------------------------------------------------------------------------------------ hostile names


@pytest.mark.parametrize(
    "name", ["<!channel>.xlsx", "<@U123|boss>.xlsx", "<https://evil.example.com|march.xlsx>", "a&b.xlsx"]
)
def test_slack_takes_nothing_for_its_own_signs(name: str) -> None:
    """Nobody is called, and no link is made; the name reads as it is."""
    text = text_in("slack", message(name))
    assert not set("<>") & set(text)
    assert name in text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@pytest.mark.parametrize("name", ["@channel.xlsx", "@all <users/all>.xlsx"])
def test_others_call_nobody_either(name: str) -> None:
    """What takes a plain text may still look for names in it."""
    text = text_in("plain", message(name))
    assert "@channel" not in text
    assert "@all" not in text
    assert not set("<>") & set(text)


def test_a_card_has_nothing_that_knows_markup() -> None:
    """Text blocks would make a link of it; runs of rich text show it."""
    sent = payload(message("[march.xlsx](https://evil.example.com) **posted**.xlsx"), "teams")
    (attachment,) = sent["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert {block["type"] for block in attachment["content"]["body"]} == {"RichTextBlock"}
    assert "[march.xlsx](https://evil.example.com) **posted**.xlsx" in texts_of(sent)


@given(
    name=some.text(some.characters(), min_size=1, max_size=2_000), form=some.sampled_from(["slack", "teams", "plain"])
)
@runs(max_examples=100, deadline=None)
def test_any_name_stays_on_its_line_in_any_form(name: str, form: WebhookForm) -> None:
    """Valid JSON of bounded length, as many lines as ever, for any text at all."""
    told = message(name)
    text = text_in(form, told)
    assert len(text.splitlines()) == len(text_in(form, message()).splitlines())
    assert len(json.dumps(payload(told, form)).encode()) < 20_000
