"""The mail server that messages go through: the table `[smtp]` of importer.toml, and where its password is kept."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from importer import secrets_store

Security = Literal["starttls", "tls", "none"]

PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
"""Security → the port that mail servers offer it at."""

WHERE_IT_STANDS = "its place is the environment (IMPORTER_SMTP_PASSWORD) or the system's keyring"

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,253}$)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|\[?[0-9A-Fa-f:.]{2,45}\]?")


def _address(text: str) -> str:
    """Nothing but a plain address passes: what a mail server is told must not hold a second line or a second person."""
    if not _ADDRESS.fullmatch(text):
        raise ValueError("it is not an e-mail address; write it like accounts@example.com")
    return text


Address = Annotated[str, AfterValidator(_address)]
"""An e-mail address: ASCII, without a name before it."""


class Smtp(BaseModel):
    """How mail is sent. Without encryption only to a server on this machine."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)

    host: str
    port: Annotated[int, Field(ge=0, le=65_535)] = 0  # 0: the usual one for the security
    security: Security = "starttls"
    user: str | None = None  # None: the server asks for no name
    sender: Address

    @model_validator(mode="before")
    @classmethod
    def _holds_no_secret(cls, written: object) -> object:
        if isinstance(written, dict) and "password" in written:
            raise ValueError(f"a password does not stand in a file that others can read; {WHERE_IT_STANDS}")
        return written

    @field_validator("host")
    @classmethod
    def _is_a_host(cls, host: str) -> str:
        if not _HOST.fullmatch(host):
            raise ValueError("it is not the name of a server; write it like smtp.example.com")
        return host.strip("[]")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError('without encryption only to this machine; use security = "starttls" or "tls"')
        if not self.port:
            object.__setattr__(self, "port", PORTS[self.security])
        return self

    @property
    def account(self) -> str:
        """Under which name the keyring keeps the password."""
        return f"smtp://{self.user}@{self.host.lower()}"

    def find_password(self) -> SecretStr | None:
        """The password from the keyring; None where none is kept."""
        return None if self.user is None else secrets_store.from_keyring(self.account)


def is_loopback(host: str) -> bool:
    """True where a host is this machine for certain: what is sent there is read by nobody on the way."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
