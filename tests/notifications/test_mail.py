"""Mail: against real mail servers on loopback, good ones and bad ones."""

from __future__ import annotations

import email
import socket
import ssl
import threading
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as runs
from hypothesis import strategies as some

from importer.notifications import (
    Message,
    Recipients,
    tell,
    try_telling,
)
from importer.notifications.mail import MOST_BYTES, as_mail
from importer.settings import Settings
from tests.notifications.posts import (
    AT,
    SENDER,
    message,
    settings,
)
from tests.notifications.servers import (
    PASSWORD,
    Certificates,
    Mailbox,
    certificates,
    mail_server,
)
from tests.sending.api_servers import closed_port, serving

BOSS, CLERK = "controller@example.com", "clerk@example.com"
BOTH = Recipients(email=(BOSS, CLERK))


@pytest.fixture(scope="module")
def papers() -> Certificates:
    return certificates()


def mailed(box: Mailbox, told: Message, to: Recipients = BOTH) -> EmailMessage:
    """The one mail that arrives when nothing is in its way."""
    with mail_server(box):
        assert tell(told, to, settings(box.port)) == []
    (mail,) = box.mails
    return mail


def attachment_of(mail: EmailMessage) -> EmailMessage | None:
    return next(mail.iter_attachments(), None)


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert isinstance(body, EmailMessage)
    return str(body.get_content())


# ------------------------------------------------------------------------------------------------ it arrives


def test_one_mail_goes_to_everybody_with_the_workbook(tmp_path: Path) -> None:
    """Text and page say the same, the workbook is as it was, and machines do not answer it."""
    results = tmp_path / "march.results.xlsx"
    results.write_bytes(b"PK" + bytes(range(256)) * 400)
    mail = mailed(Mailbox(), message(results=results))
    assert mail["subject"] == "[SANDBOX] 1 invoice posted – march.xlsx"
    assert (mail["from"], mail["to"]) == (f"Invoice importer <{SENDER}>", f"{BOSS}, {CLERK}")
    assert mail["auto-submitted"] == "auto-generated"
    assert mail["date"].datetime == message().at
    for kind in ("plain", "html"):
        assert "1 invoice posted, $100.00." in text_of(mail, kind)
        assert "A rehearsal: nothing here reaches the real ResMan." in text_of(mail, kind)
    attached = attachment_of(mail)
    assert attached is not None
    assert attached.get_filename() == "march.results.xlsx"
    assert attached.get_content() == results.read_bytes()


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_encrypted_from_the_start_or_after_a_word(papers: Certificates, security: str) -> None:
    """Both ways of encryption, with a certificate that is trusted."""
    how: dict[str, Any] = {security: papers.server}
    with mail_server(Mailbox(), **how) as box:
        assert tell(message(), BOTH, settings(box.port, security), trust=papers.trust) == []  # type: ignore[arg-type] # one of the two
    assert len(box.taken) == 1


def test_the_password_is_asked_for_and_given_under_encryption(papers: Certificates) -> None:
    """The server learns the user and the password, and takes the mail."""
    box = Mailbox()
    with mail_server(box, starttls=papers.server, authenticator=box.authenticate, auth_required=True):
        assert tell(message(), BOTH, settings(box.port, "starttls", user="importer"), trust=papers.trust) == []
    assert box.logins == [("importer", PASSWORD)]
    assert len(box.taken) == 1


def test_the_same_news_is_the_same_mail() -> None:
    """Told again after a crash it has the same Message-ID, by which mail programs show it once; other news has not."""
    ids = {as_mail(told, (BOSS,), SENDER)["message-id"] for told in (message(), message(), message())}
    other = as_mail(Message.of_kept(message().kept().replace("drop-1", "drop-2")), (BOSS,), SENDER)
    assert len(ids) == 1
    assert other["message-id"] not in ids
    assert other["message-id"].endswith("@example.com>")


def test_a_trial_says_that_it_is_one() -> None:
    """Whoever sets it up sees it arrive."""
    with mail_server(Mailbox()) as box:
        assert try_telling(BOTH, settings(box.port), at=AT) == []
    assert box.mails[0]["subject"] == "[PRODUCTION] This is a trial of how you are told"


# ----------------------------------------------------------------------------------------- one is not everybody


def test_one_unknown_address_does_not_lose_the_others() -> None:
    """The mail goes to the one, and the other is named with the server's words."""
    with mail_server(Mailbox(unknown=(CLERK,))) as box:
        said = tell(message(), BOTH, settings(box.port))
    assert said == [f"{CLERK} was not e-mailed: 550 5.1.1 No such mailbox here."]
    assert [one.rcpt_tos for one in box.taken] == [[BOSS]]


def test_all_unknown_is_nobody() -> None:
    """And says so in the server's words."""
    with mail_server(Mailbox(unknown=(BOSS, CLERK))) as box:
        (said,) = tell(message(), BOTH, settings(box.port))
    assert said.startswith(f"Nobody was e-mailed ({BOSS}, {CLERK}): the mail server localhost refuses the addresses")
    assert "550 5.1.1 No such mailbox here" in said


# ------------------------------------------------------------------------------------------------ workbooks


def test_a_workbook_too_large_for_a_mail_is_not_attached(tmp_path: Path) -> None:
    """Its place is told instead."""
    results = tmp_path / "big.results.xlsx"
    results.write_bytes(bytes(MOST_BYTES + 1))
    mail = as_mail(message(results=results), (BOSS,), SENDER)
    assert attachment_of(mail) is None
    assert "The results are not attached: the workbook is too large for a mail." in text_of(mail)
    assert f"Its results: {results}" in text_of(mail)


def test_a_workbook_that_is_gone_does_not_keep_the_mail_back(tmp_path: Path) -> None:
    """Somebody has moved it: the rest is told."""
    mail = mailed(Mailbox(), message(results=tmp_path / "gone.xlsx"))
    assert "The results are not attached: the workbook cannot be read." in text_of(mail, "html")


@pytest.mark.parametrize("says_so", [True, False], ids=["announced", "found out"])
def test_a_server_with_a_limit_gets_the_mail_without_the_workbook(tmp_path: Path, says_so: bool) -> None:
    """Whether it announces its limit or refuses what is too large."""
    results = tmp_path / "march.results.xlsx"
    results.write_bytes(bytes(400_000))
    box = Mailbox(only_small=None if says_so else 100_000)
    with mail_server(box, limit=200_000 if says_so else 33_554_432):
        assert tell(message(results=results), BOTH, settings(box.port)) == []
    (mail,) = box.mails
    assert attachment_of(mail) is None
    assert "too large for a mail" in text_of(mail)


# ------------------------------------------------------------------------------------- servers that do not take it


def refusal(of: Settings, *, seconds: float = 20.0, trust: ssl.SSLContext | None = None) -> str:
    """The one sentence about a mail that went to nobody."""
    (said,) = tell(message(), Recipients(email=(BOSS,)), of, seconds=seconds, trust=trust)
    assert said.startswith(f"Nobody was e-mailed ({BOSS}): ")
    assert PASSWORD not in said
    return said.partition("): ")[2]


def test_without_a_mail_server_that_is_said() -> None:
    """Addresses in the folder's settings and no table in importer.toml."""
    assert refusal(Settings(home=Path("/srv/home"))) == "importer.toml has no table [smtp] that names a mail server."


def test_nobody_listens() -> None:
    """A dead server is a sentence."""
    with closed_port() as port:
        assert refusal(settings(port)) == "the mail server localhost cannot be reached, or does not answer."


def test_a_certificate_that_nobody_trusts(papers: Certificates) -> None:
    """Neither password nor mail goes there; with a certificate of another authority, and of another host."""
    other = certificates()
    elsewhere = certificates("mail.example.com")
    for server, trust in ((papers.server, other.trust), (elsewhere.server, elsewhere.trust)):
        for security in ("starttls", "tls"):
            box, how = Mailbox(), dict[str, Any]({security: server})
            with mail_server(box, authenticator=box.authenticate, **how):
                said = refusal(settings(box.port, security, user="importer"), trust=trust)
            assert said.startswith("the mail server localhost shows a certificate that is not trusted")
            assert (box.taken, box.logins) == ([], [])


def test_a_server_that_offers_no_encryption_gets_nothing(papers: Certificates) -> None:
    """Nobody on the way can talk the importer out of it."""
    box = Mailbox()
    with mail_server(box, authenticator=box.authenticate, auth_require_tls=False):
        said = refusal(settings(box.port, "starttls", user="importer"), trust=papers.trust)
    assert said == "the mail server localhost does not offer what the settings ask for: encryption, or a password."
    assert (box.taken, box.logins) == ([], [])


def test_a_server_that_speaks_plainly_where_encryption_is_expected(papers: Certificates) -> None:
    """The wrong port, or the wrong security."""
    with mail_server(Mailbox()) as box:
        said = refusal(settings(box.port, "tls"), trust=papers.trust)
    assert said == "the mail server localhost does not speak the encryption that the settings say."


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("wrong-password-9", "the mail server localhost does not take the user and password (535)."),
        ("pässword", "the password, or the user, has characters that mail servers do not take."),
        (None, "there is no password for importer; set IMPORTER_SMTP_PASSWORD, or keep it in the system's keyring."),
    ],
)
def test_a_password_that_is_not_taken(papers: Certificates, password: str | None, said: str) -> None:
    """It is in no sentence."""
    box = Mailbox()
    with mail_server(box, starttls=papers.server, authenticator=box.authenticate, auth_required=True):
        wrong = settings(box.port, "starttls", user="importer", password=password)
        assert refusal(wrong, trust=papers.trust) == said
    assert box.taken == []


def test_a_mail_that_is_refused() -> None:
    """In the server's words, made harmless."""
    with mail_server(Mailbox(answer="554 5.7.1 Looks like <spam>\x1b[31m")) as box:
        assert (
            refusal(settings(box.port))
            == "the mail server localhost refuses it: 554 5.7.1 Looks like <spam>\ufffd[31m."
        )


def hung(connection: socket.socket, over: threading.Event) -> None:
    """Takes the connection and says nothing."""
    over.wait()


def trickling(connection: socket.socket, over: threading.Event) -> None:
    """Begins a greeting that never ends, a letter at a time: no single read takes long."""
    connection.sendall(b"220-")
    while not over.wait(0.05):
        connection.sendall(b"x")


def forgetful(connection: socket.socket, over: threading.Event) -> None:
    """Reads the whole mail and hangs up: perhaps it was taken."""
    stream = connection.makefile("rwb")
    stream.write(b"220 hello\r\n")
    stream.flush()
    while not stream.readline().upper().startswith(b"DATA"):
        stream.write(b"250 OK\r\n")
        stream.flush()
    stream.write(b"354 go on\r\n")
    stream.flush()
    while stream.readline() != b".\r\n":
        pass
    connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("serve", [hung, trickling])
def test_a_server_that_hangs_holds_nobody_up(serve: object) -> None:
    """However it hangs, the time limit holds, and no thread is left behind."""
    with serving(serve) as server:  # type: ignore[arg-type] # one of the two
        said = refusal(settings(server.port), seconds=0.6)
        assert "did not answer in time" in said
        for thread in threading.enumerate():
            if type(thread).__name__ == "_Teller":
                thread.join(5)
                assert not thread.is_alive()


def test_a_connection_that_breaks_after_the_mail_may_have_taken_it() -> None:
    """Nobody is told that it certainly did not go."""
    with serving(forgetful) as server:
        said = refusal(settings(server.port))
    assert said == "the connection broke. It may have gone out all the same."


# ------------------------------------------------------------------------------------------------ hostile names

NASTY = [
    "march.xlsx\r\nBcc: everybody@example.com",
    "march\n\nDear all,\npay this at once.xlsx",
    "x" * 250 + ".xlsx",
    "\u202exslx.hcram.exe",
    "märz – «Ωμέγα» 🧾.xlsx",
    "broken-\udcff\udcfe.xlsx",
    '"quoted", <a@b.c>; name=x.xlsx',
    "=?utf-8?q?encoded=0Aword?=.xlsx",
    "\x00\x07\x1b[2J.xlsx",
]


@pytest.mark.parametrize("name", NASTY)
def test_a_file_name_stays_a_name(tmp_path: Path, name: str) -> None:
    """No header, no recipient, no second paragraph comes of it; and it arrives."""
    results = tmp_path / "r.xlsx"
    results.write_bytes(b"PK")
    told = message(name, results=results)
    box = Mailbox()
    mail = mailed(box, told)
    assert mail.keys() == as_mail(message(results=results), (BOSS,), SENDER).keys()
    assert box.taken[0].rcpt_tos == [BOSS, CLERK]
    assert len(mail["subject"].splitlines()) == 1
    plain = as_mail(message(results=results), (BOSS,), SENDER)
    assert len(text_of(mail).splitlines()) == len(text_of(plain).splitlines())
    assert "\u202e" not in text_of(mail) + text_of(mail, "html")


@given(name=some.text(min_size=1, max_size=300))
@example(name="the bills of all our vendors of the month of november and december – 2026 – märz.csv")
@runs(max_examples=60, deadline=None)
def test_any_name_makes_a_mail_with_the_same_headers(name: str) -> None:
    """The bytes that are sent read back as one mail with our headers, for any text at all."""
    told = message(name)
    mail = as_mail(told, (BOSS,), SENDER)
    read = email.message_from_bytes(mail.as_bytes(), EmailMessage, policy=default)
    assert read.keys() == mail.keys()
    assert read["to"] == BOSS
    assert str(read["subject"]) == told.title.replace("=?", "= ?")
    assert mail.as_bytes().isascii()
