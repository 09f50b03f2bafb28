"""The message as a mail, handed to the mail server of the settings."""

from __future__ import annotations

import hashlib
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

from importer.notifications.deadline import Deadline
from importer.notifications.html_body import as_html
from importer.notifications.message import (
    Message,
    as_text,
    clean,
    short_name,
)
from importer.notifications.trust import system_trust
from importer.settings import Settings
from importer.smtp_settings import Smtp

MOST_BYTES = 5_000_000
"""Of a workbook that is attached: in a mail it takes a third more, and many servers take no mail above 10 MB."""

_STEP = 10.0  # seconds, for one answer of the server
_XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


class _Subject(UniqueUnstructuredHeader, BaseHeader):
    """Encoded as a whole: the library, encoding word by word, makes two spaces of one where it breaks the line."""

    max_count: ClassVar[Literal[1]] = 1

    def fold(self, *, policy: Policy) -> str:
        if self.isascii():
            return super().fold(policy=policy)
        encoded = Header(self, "utf-8", header_name="Subject").encode(linesep=policy.linesep)
        return f"Subject: {encoded}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("subject", _Subject)
_POLICY = SMTP.clone(cte_type="7bit", header_factory=_HEADERS)


def send_mail(
    message: Message, to: Sequence[str], settings: Settings, deadline: Deadline, trust: ssl.SSLContext | None
) -> list[str]:
    """Hands the message to the mail server; the sentences are about who does not get it."""
    smtp = settings.smtp
    if smtp is None:
        return [f"Nobody was e-mailed ({', '.join(to)}): importer.toml has no table [smtp] that names a mail server."]
    server = f"the mail server {smtp.host}"
    try:
        with _explained(server), _connected(smtp, deadline, trust) as connection:
            _log_in(connection, smtp, settings)
            return _hand_over(connection, message, to, smtp, deadline)
    except _NotMailedError as error:
        late = f"{server} did not answer in time"
        said = late if deadline.is_over else str(error)
        may_have = " It may have gone out all the same." if error.may_have else ""
        return [f"Nobody was e-mailed ({', '.join(to)}): {said}.{may_have}"]


def as_mail(message: Message, to: Sequence[str], sender: str, most: int = MOST_BYTES) -> EmailMessage:
    """The mail, its workbook attached where that is no larger than `most` bytes; otherwise its place is told."""
    mail = EmailMessage(policy=_POLICY)
    mail["Subject"] = _one_line(message.title)
    mail["From"] = Address("Invoice importer", addr_spec=sender)
    mail["To"] = ", ".join(to)
    mail["Date"] = format_datetime(message.at)
    # The same for the same news: a mail that is sent again after a crash is known as the one that came before.
    digest = hashlib.sha256(message.reference.encode("utf-8", "replace")).hexdigest()[:32]
    mail["Message-ID"] = f"<{digest}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if message.urgent:
        mail["Importance"] = "high"
    content, remark = _workbook(message.workbook, most)
    mail.set_content(as_text(message) + (f"\n{remark}\n" if remark else ""))
    mail.add_alternative(as_html(message, remark), subtype="html")
    if content is not None and message.workbook is not None:
        maintype, subtype = _XLSX if message.workbook.lower().endswith(".xlsx") else ("application", "octet-stream")
        name = _one_line(short_name(Path(message.workbook).name))
        mail.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return mail


def _one_line(text: str) -> str:
    """For a header: "=?" begins text in another alphabet, which may hold the end of a line."""
    return text.replace("=?", "= ?")


def _workbook(path: str | None, most: int) -> tuple[bytes | None, str]:
    """Its content, or why it is not attached."""
    if path is None:
        return None, ""
    try:
        with Path(path).open("rb") as stream:
            content = stream.read(most + 1)
    except (OSError, ValueError):
        return None, "The results are not attached: the workbook cannot be read."
    if len(content) > most:
        return None, "The results are not attached: the workbook is too large for a mail."
    return content, ""


# -------------------------------------------------------------------------------------------------- the connection


class _NotMailedError(Exception):
    """Why no mail went; `may_have`: perhaps it did."""

    def __init__(self, said: str, *, may_have: bool = False) -> None:
        super().__init__(said)
        self.may_have = may_have


class _Connection(smtplib.SMTP):
    """A connection that ends when its time is over, however slowly the other side talks."""

    def __init__(self, smtp: Smtp, deadline: Deadline, **how: Any) -> None:
        self._timer = threading.Timer(deadline.left, self._cut)
        self._timer.daemon = True
        self._timer.start()
        try:
            super().__init__(smtp.host, smtp.port, _own_name(), timeout=min(_STEP, deadline.left), **how)
        except BaseException:
            self._timer.cancel()
            raise

    def close(self) -> None:
        self._timer.cancel()
        super().close()

    def _cut(self) -> None:
        connection = self.sock
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _EncryptedConnection(_Connection, smtplib.SMTP_SSL):
    """The same, encrypted from its first byte."""


@contextmanager
def _connected(smtp: Smtp, deadline: Deadline, trust: ssl.SSLContext | None) -> Iterator[_Connection]:
    if smtp.security == "tls":
        connection: _Connection = _EncryptedConnection(smtp, deadline, context=trust or system_trust())
    else:
        connection = _Connection(smtp, deadline)
    try:
        connection.ehlo_or_helo_if_needed()
        if smtp.security == "starttls":
            connection.starttls(context=trust or system_trust())
            connection.ehlo()
        yield connection
        with suppress(smtplib.SMTPException, OSError):
            connection.quit()  # what was taken is taken, however the goodbye goes
    finally:
        connection.close()


def _log_in(connection: _Connection, smtp: Smtp, settings: Settings) -> None:
    if smtp.user is None:
        return
    password = settings.find_smtp_password()
    if password is None:
        raise _NotMailedError(
            f"there is no password for {smtp.user}; set IMPORTER_SMTP_PASSWORD, or keep it in the system's keyring"
        )
    try:
        connection.login(smtp.user, password.get_secret_value())
    except UnicodeError:
        raise _NotMailedError("the password, or the user, has characters that mail servers do not take") from None
    except smtplib.SMTPServerDisconnected as error:  # some hang up on a wrong one
        raise _NotMailedError(f"the mail server {smtp.host} hung up over the user and password") from error


def _hand_over(
    connection: _Connection, message: Message, to: Sequence[str], smtp: Smtp, deadline: Deadline
) -> list[str]:
    taken = int(size) if (size := connection.esmtp_features.get("size", "")).isdecimal() and int(size) else None
    most = MOST_BYTES if taken is None else min(MOST_BYTES, max(0, (taken - 100_000) * 7 // 10))
    try:
        refused = _handed_over(connection, as_mail(message, to, smtp.sender, most), to, smtp, deadline)
    except smtplib.SMTPDataError as error:
        if error.smtp_code not in (552, 554) or message.workbook is None:
            raise
        bare = as_mail(message, to, smtp.sender, 0)  # it was refused for what is attached, or for its size
        refused = _handed_over(connection, bare, to, smtp, deadline)
    return [f"{address} was not e-mailed: {_words(*answer)}." for address, answer in refused.items()]


def _handed_over(
    connection: _Connection, mail: EmailMessage, to: Sequence[str], smtp: Smtp, deadline: Deadline
) -> dict[str, tuple[int, bytes]]:
    content = mail.as_bytes()
    if connection.sock is not None:
        connection.sock.settimeout(deadline.left)  # a workbook takes its time on a slow line
    try:
        return connection.sendmail(smtp.sender, to, content)
    except smtplib.SMTPServerDisconnected as error:
        raise _NotMailedError("the connection broke", may_have=True) from error
    except (smtplib.SMTPException, UnicodeError):
        raise
    except OSError as error:
        raise _NotMailedError("the connection broke", may_have=True) from error


@contextmanager
def _explained(server: str) -> Iterator[None]:
    """The library's errors in sentences. What a server says to a password is not repeated."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise _NotMailedError(f"{server} does not take the user and password ({error.smtp_code})") from error
    except smtplib.SMTPNotSupportedError as error:
        raise _NotMailedError(
            f"{server} does not offer what the settings ask for: encryption, or a password"
        ) from error
    except smtplib.SMTPRecipientsRefused as error:
        said = {_words(*answer) for answer in error.recipients.values()}
        raise _NotMailedError(f"{server} refuses the addresses: {'; '.join(sorted(said))}") from error
    except smtplib.SMTPSenderRefused as error:
        raise _NotMailedError(f"{server} refuses the sender: {_words(error.smtp_code, error.smtp_error)}") from error
    except smtplib.SMTPResponseException as error:
        raise _NotMailedError(f"{server} refuses it: {_words(error.smtp_code, error.smtp_error)}") from error
    except ssl.SSLCertVerificationError as error:
        raise _NotMailedError(f"{server} shows a certificate that is not trusted ({error.verify_message})") from error
    except ssl.SSLError as error:
        raise _NotMailedError(f"{server} does not speak the encryption that the settings say") from error
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise _NotMailedError(f"{server} cannot be reached, or does not answer") from error


def _words(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return clean(f"{code} {text}", 160).rstrip(".")


def _own_name() -> str:
    """What this machine calls itself to the server; asking the network for it may take half a minute."""
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9.-]{1,253}", name) else "[127.0.0.1]"
