"""The message as one JSON POST, in the form that the other side understands."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from importer.notifications.deadline import Deadline
from importer.notifications.message import Message, clean, equation
from importer.notifications.recipients import Recipients, WebhookForm
from importer.notifications.trust import system_trust
from importer.propexo.exchange_deadline import ExchangeDeadline

_TIMEOUT = httpx.Timeout(connect=5.0, read=10.0, write=10.0, pool=5.0)
_PAUSE = 1.0  # seconds, before the one repetition
_LONGEST_PAUSE = 5.0  # what a server may ask for, at most
_MOST = 3_500  # characters: Slack cuts longer ones in two
_NEVER_ARRIVED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def call_webhook(message: Message, to: Recipients, deadline: Deadline, trust: ssl.SSLContext | None) -> list[str]:
    """Posts the message, at most twice: again only where the first one never arrived or the server says that it did
    not act. The sentences name the host alone, because the rest of the address is a secret."""
    if to.webhook is None:
        return []
    address, local = to.webhook.get_secret_value(), not to.webhook.get_secret_value().startswith("https")
    verify: ssl.SSLContext | bool = False if local else trust or system_trust()
    body = payload(message, to.form)
    with (
        _unlogged(),
        httpx.Client(timeout=_TIMEOUT, verify=verify, follow_redirects=False, trust_env=not local) as client,
    ):
        said, may_help = _post(client, address, body, deadline)
        if said and may_help is not None and deadline.left > may_help + 1:
            threading.Event().wait(may_help)
            said, _ = _post(client, address, body, deadline)
    return [f"The message to {to.host} was not delivered: {said}."] if said else []


def _post(client: httpx.Client, address: str, body: Any, deadline: Deadline) -> tuple[str, float | None]:
    """Why it was not delivered, "" where it was; and after how many seconds a repetition may help, None for never."""
    with ExchangeDeadline(deadline.left) as watch:
        try:
            request = client.build_request("POST", address, json=body, extensions={"trace": watch})
            response = client.send(request, stream=True)
            response.close()
        except _NEVER_ARRIVED:
            return "it cannot be reached", _PAUSE
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError):
            return "the connection broke before it answered, so that it may have arrived all the same", None
    status = response.status_code
    if status < 300:
        return "", None
    if status < 400:
        return f"it answers with a redirect ({status}), which is never followed; correct the address", None
    if status == 429 or status >= 500:
        asked = response.headers.get("retry-after", "")
        pause = min(float(asked), _LONGEST_PAUSE) if asked.isdecimal() else _PAUSE
        return f"it answers that it cannot take it now ({status})", pause
    if status in (401, 403, 404, 410):
        return f"it does not know this address, or no longer ({status}); make a new one and write it down", None
    return f"it refuses the message ({status}); see whether its format is right", None


@contextmanager
def _unlogged() -> Iterator[None]:
    """httpx logs the address of every request, and this one is a secret."""
    thread = threading.get_ident()

    def is_another(record: logging.LogRecord) -> bool:
        return record.thread != thread

    logger = logging.getLogger("httpx")
    logger.addFilter(is_another)
    try:
        yield
    finally:
        logger.removeFilter(is_another)


def payload(message: Message, form: WebhookForm) -> dict[str, Any]:
    """The JSON for one of the forms; nothing in it is taken for markup, a link or the name of somebody to call."""
    lines = _lines(message)
    match form:
        case "slack":
            return {"text": _escaped(lines), "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
        case "teams":
            return {
                "type": "message",
                "attachments": [
                    {
                        "contentType": "application/vnd.microsoft.card.adaptive",
                        "contentUrl": None,
                        "content": _card(lines),
                    }
                ],
            }
        case "plain":
            return {"text": "\n".join(map(_defused, lines))}


def _lines(message: Message) -> list[str]:
    """Title, what happened, the tie-out, what to do, where things lie: short enough for a channel."""
    steps = [step if len(message.steps) == 1 else f"{at}. {step}" for at, step in enumerate(message.steps, 1)]
    wanted = [message.title, *message.account_line, *message.happened, equation(message), *steps, *message.facts]
    lines, room = [], _MOST
    for line in (clean(each) for each in wanted if each):
        lines.append(clean(line, max(room, 20)))
        room -= len(line)
        if room <= 0:
            break
    return lines


def _escaped(lines: list[str]) -> str:
    """Slack takes &, < and > for its own: with them "<!channel>" would call everybody."""
    return "\n".join(lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _defused(line: str) -> str:
    """For whatever takes a `text`: several of these programs call people by "@all" or "<users/all>"."""
    return line.replace("<", "‹").replace(">", "›").replace("@", "@\u2060")


def _card(lines: list[str]) -> dict[str, Any]:
    """An Adaptive Card, the one thing that Teams' workflows show. Runs of rich text know no markup; text blocks do."""
    title, *rest = lines

    def block(text: str, **look: str) -> dict[str, Any]:
        return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **look}]}

    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "msteams": {"width": "Full"},
        "body": [block(title, weight="Bolder", size="Medium"), *map(block, rest)],
    }
