"""Telling everybody at once, within a time limit."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from importer.notifications.deadline import Deadline
from importer.notifications.message import Message
from importer.notifications.messages import trial
from importer.notifications.recipients import Recipients
from importer.settings import Settings

SECONDS = 30.0
"""After so long, whoever tells goes on, told or not."""


def tell(
    message: Message,
    to: Recipients,
    settings: Settings,
    *,
    seconds: float = SECONDS,
    trust: ssl.SSLContext | None = None,
) -> list[str]:
    """Tells everybody, mail and webhook at the same time; the sentences are about who could not be told.

    Never raises, and returns within `seconds`. `trust`: the system's certificates where it is left out.
    """
    deadline, last_moment = Deadline(seconds * 0.9), Deadline(seconds)  # the difference is for saying what went wrong
    ways: list[tuple[str, Callable[[], list[str]]]] = []
    if to.email:
        from importer.notifications.mail import send_mail

        ways.append(("The e-mail", partial(send_mail, message, to.email, settings, deadline, trust)))
    if to.webhook is not None:
        from importer.notifications.webhook import call_webhook

        ways.append((f"The message to {to.host}", partial(call_webhook, message, to, deadline, trust)))
    under_way = [_Teller(name, way) for name, way in ways]
    for teller in under_way:
        teller.start()
    for teller in under_way:
        teller.join(last_moment.left)
    return [sentence for teller in under_way for sentence in teller.came_to()]


def went_nowhere(sentences: Sequence[str]) -> bool:
    """True where these sentences of one way of telling say that certainly nobody got it: it may be told again."""
    beginnings = ("Nobody was e-mailed", "The message to")
    return bool(sentences) and all(
        each.startswith(beginnings) and "all the same" not in each and "in time" not in each for each in sentences
    )


def try_telling(
    to: Recipients, settings: Settings, *, at: datetime, seconds: float = SECONDS, trust: ssl.SSLContext | None = None
) -> list[str]:
    """Sends everybody a short message that is only a trial. Otherwise as `tell`."""
    return tell(trial(settings.destination, at=at), to, settings, seconds=seconds, trust=trust)


class _Teller(threading.Thread):
    """One way of telling. A daemon: one that hangs in spite of everything must not keep the process."""

    def __init__(self, name: str, way: Callable[[], list[str]]) -> None:
        super().__init__(daemon=True)
        self._what = name
        self._way = way
        self._said: list[str] | None = None

    def run(self) -> None:
        try:
            self._said = self._way()
        except Exception as error:  # noqa: BLE001 -- told or not, the work goes on; the error's text may hold a secret
            self._said = [f"{self._what} could not be sent ({type(error).__name__})."]

    def came_to(self) -> list[str]:
        """What could not be told."""
        if self._said is None:
            return [f"{self._what} was not taken in time; it may have gone out all the same."]
        return self._said
