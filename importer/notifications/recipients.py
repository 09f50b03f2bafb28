"""Who is told: addresses, and a webhook. The table `[tell]` of a drop folder's settings is one of these."""

from __future__ import annotations

from typing import Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from importer.smtp_settings import Address, is_loopback

WebhookForm = Literal["slack", "teams", "plain"]
"""What the other side of a webhook understands. "plain" is an object with a `text`."""

_TEAMS = (".logic.azure.com", ".api.powerplatform.com", ".webhook.office.com")


class Recipients(BaseModel):
    """The people to tell. A webhook's address lets anybody write there who knows it: it is a secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)

    email: tuple[Address, ...] = ()
    webhook: SecretStr | None = None
    format: WebhookForm | None = None  # of the webhook; None: as its host suggests

    @field_validator("email", mode="before")
    @classmethod
    def _may_be_one(cls, written: object) -> object:
        return (written,) if isinstance(written, str) else written

    @field_validator("webhook")
    @classmethod
    def _can_be_called(cls, webhook: SecretStr | None) -> SecretStr | None:
        if webhook is None or not webhook.get_secret_value():
            return None
        parts = _parts(webhook)
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ValueError("it is not the address of a webhook; copy it again")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("it is not encrypted; use https")
        return webhook

    @property
    def host(self) -> str:
        """The webhook's host: what may be said of its address. "" where there is none."""
        parts = None if self.webhook is None else _parts(self.webhook)
        return (parts.hostname or "") if parts is not None else ""

    @property
    def form(self) -> WebhookForm:
        """What the webhook is sent."""
        if self.format is not None:
            return self.format
        if self.host == "hooks.slack.com":
            return "slack"
        return "teams" if self.host.endswith(_TEAMS) else "plain"


def _parts(webhook: SecretStr) -> SplitResult | None:
    address = webhook.get_secret_value()
    if not address.isascii() or not address.isprintable() or " " in address:
        return None
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 -- raises ValueError where it is no number
    except ValueError:
        return None
    return parts
