"""Telling people: a message for each occasion, by e-mail and by webhook. `tell` never raises and never waits long."""

from __future__ import annotations

from importer.notifications.deliver import tell, try_telling
from importer.notifications.message import Message
from importer.notifications.messages import (
    ToldFile,
    api_away,
    at_a_standstill,
    of_changes,
    of_failure,
    of_run,
    settings_wrong,
    to_approve,
    token_refused,
)
from importer.notifications.recipients import Recipients

__all__ = [
    "Message",
    "Recipients",
    "ToldFile",
    "api_away",
    "at_a_standstill",
    "of_changes",
    "of_failure",
    "of_run",
    "settings_wrong",
    "tell",
    "to_approve",
    "token_refused",
    "try_telling",
]
