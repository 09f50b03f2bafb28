"""One `Settings` object, made once by a door and handed down. Nothing below this module reads the environment.

First found wins: option, environment, `importer.toml`, default. The token is looked up only when a request is to be
made, is kept out of every text that this project writes, and never comes from a command-line option.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from importer import secrets_store
from importer.domain.severity import Level, unusable
from importer.errors import BadSettings
from importer.smtp_settings import WHERE_IT_STANDS, Smtp, is_loopback

PRODUCTION = "https://api.propexo.com"
ENVIRONMENT = {
    "PROPEXO_TOKEN": "token",
    "PROPEXO_URL": "url",
    "PROPEXO_INTEGRATION_ID": "integration_id",
    "IMPORTER_HOME": "home",
    "IMPORTER_LEDGER": "ledger",
    "IMPORTER_RATE_LIMIT": "rate_limit",
    "IMPORTER_RATE_WINDOW_SECONDS": "rate_window_seconds",
    "IMPORTER_SMTP_PASSWORD": "smtp_password",
}
"""Environment variable → setting."""

CONFIG_NAME = "importer.toml"
_NEVER_IN_A_FILE = {"token", "smtp_password", "sandbox"}
_PLAINLY = {"missing": "it is missing", "extra_forbidden": "there is no such setting"}


class Settings(BaseModel):
    """Every setting, complete. The documentation of each stands in the README's table, which a test compares."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)

    home: Path
    url: str = PRODUCTION
    integration_id: str | None = None
    token: SecretStr | None = None  # from the environment; `find_token` also looks where `login` keeps it
    ledger: Annotated[str, Field(repr=False)] = ""  # SQLAlchemy URL, perhaps with a password; filled in from `home`
    rate_limit: Annotated[int, Field(ge=1, le=100_000)] = 115
    rate_window_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    profiles: Path = Path()  # the vendors' saved layouts: in the home, for a rehearsal too
    full_speed: bool = False
    release_unfound_after_hours: Annotated[float, Field(gt=0)] | None = None
    sync_covers_days: Annotated[int, Field(ge=1)] = 30
    definite_refusals: tuple[str, ...] = ()  # phrases; a * stands for a name or a number
    old_after_days: Annotated[int, Field(ge=1)] = 366
    future_after_days: Annotated[int, Field(ge=0)] = 60
    keep_archive_days: Annotated[int, Field(ge=30)] = 800
    second_journal: Path | None = None  # a folder for a copy of the journal, outside of the home
    keep_logs_days: Annotated[int, Field(ge=1)] = 90
    severity: Mapping[str, Level] = Field(default_factory=dict)  # a problem's code → how bad it is here
    smtp: Smtp | None = None  # None: nobody is told by e-mail
    smtp_password: SecretStr | None = None  # from the environment; `find_smtp_password` also asks the keyring
    sandbox: bool = False  # True: `url` is the embedded stand-in, whatever its port

    @field_validator("url")
    @classmethod
    def _leads_to_an_api(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            parts.port  # noqa: B018 -- raises ValueError where it is no number
        except ValueError:
            raise ValueError("it is not a web address") from None
        if parts.username or parts.password:
            raise ValueError("it must not contain a user name or a password")
        if parts.scheme not in ("http", "https") or not parts.hostname or set(url) & set(" \t\n\\"):
            raise ValueError(f"{url!r} is not a web address")
        if parts.query or parts.fragment:
            raise ValueError("it has more than an address in it: leave out what follows the ? or #")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError(f"{url!r} is not encrypted; use https")
        return url

    @field_validator("home")
    @classmethod
    def _is_absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("second_journal")
    @classmethod
    def _is_absolute_too(cls, folder: Path | None) -> Path | None:
        return None if folder is None else folder.expanduser().absolute()

    @field_validator("token")
    @classmethod
    def _can_be_a_header(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None and not secrets_store.is_plausible(given):
            raise ValueError("it has spaces or characters in it that no token has; copy it again")
        return given

    @field_validator("definite_refusals")
    @classmethod
    def _say_something(cls, phrases: tuple[str, ...]) -> tuple[str, ...]:
        for phrase in phrases:
            if len(re.findall(r"[^\W\d_]{2,}", phrase)) < 2:
                raise ValueError(f"{phrase!r} is too short to be told from other failures; give whole sentences")
        return phrases

    @field_validator("severity")
    @classmethod
    def _can_be_so_bad(cls, levels: Mapping[str, Level]) -> Mapping[str, Level]:
        if said := unusable(levels):
            raise ValueError(said)
        return levels

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.profiles == Path():
            object.__setattr__(self, "profiles", self.home / "profiles")
        if not self.ledger:
            object.__setattr__(self, "ledger", f"sqlite:///{self.home / 'ledger.sqlite3'}")
        return self

    @property
    def destination(self) -> str:
        """Where invoices go, spelt one way only: it is part of every invoice's key in the ledger."""
        if self.sandbox:
            return "sandbox"
        parts = urlsplit(self.url)
        host = (parts.hostname or "").rstrip(".")
        host = "127.0.0.1" if host == "localhost" else host
        host = f"[{host}]" if ":" in host else host
        port = f":{parts.port}" if parts.port and parts.port != {"http": 80, "https": 443}[parts.scheme] else ""
        return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"

    @property
    def is_production(self) -> bool:
        """True where what is posted becomes a real invoice."""
        return not self.sandbox and urlsplit(self.destination).hostname == urlsplit(PRODUCTION).hostname

    def with_sandbox(self, *, url: str, token: str, integration_id: str) -> Settings:
        """The same settings against an embedded stand-in at `url`, with a home of its own inside this one."""
        home = self.home / "sandbox"
        return self.model_copy(
            update={
                "home": home,
                "url": url,
                "token": SecretStr(token),
                "integration_id": integration_id,
                "ledger": f"sqlite:///{home / 'ledger.sqlite3'}",
                "second_journal": None,  # a rehearsal's is of no use to anybody
                "sandbox": True,
            }
        )

    def find_token(self) -> SecretStr:
        """The token from the environment, or where `login` kept it. Raises `BadSettings` where there is none."""
        found = self.token or secrets_store.find(self.destination, self.home)
        if found is None:
            raise BadSettings(
                "There is no access token.", "Run `invoice-importer login`, or set PROPEXO_TOKEN in the environment."
            )
        return found

    def find_smtp_password(self) -> SecretStr | None:
        """The mail server's password from the environment, or from the keyring; None where there is none."""
        return self.smtp_password or (None if self.smtp is None else self.smtp.find_password())


def load(
    *, options: Mapping[str, Any], environment: Mapping[str, str], folder: Path, config: Path | None = None
) -> Settings:
    """The settings from all sources. `folder` is the current folder; `options` holds only what was given.

    Raises `BadSettings` naming the setting and where it was found.
    """
    found: dict[str, Any] = {
        setting: environment[name].strip() for name, setting in ENVIRONMENT.items() if environment.get(name, "").strip()
    }
    sources = {setting: name for name, setting in ENVIRONMENT.items() if setting in found}
    for name, value in options.items():
        if value is not None:
            found[name], sources[name] = value, f"--{name.replace('_', '-')}"
    home = Path(str(found.get("home") or _default_home())).expanduser()
    path, written = _config_file(config, folder, home)
    unknown = sorted(set(written) - (set(Settings.model_fields) - _NEVER_IN_A_FILE))
    if unknown:
        advice = "Remove it; see the table of settings in the README."
        if "token" in unknown:
            advice = "Remove it; `invoice-importer login` keeps the token where only you can read it."
        elif "smtp_password" in unknown:
            advice = f"Remove it; {WHERE_IT_STANDS}."
        raise BadSettings(f"{path} has a setting that it cannot have: {', '.join(unknown)}.", advice)
    merged = {"home": str(home)} | written | found
    try:
        return Settings(**merged)
    except ValidationError as error:
        wrong = []
        for each in error.errors(include_url=False, include_input=False, include_context=False):
            name = ".".join(map(str, each["loc"]))
            reason = _PLAINLY.get(each["type"]) or each["msg"].removeprefix("Value error, ").removeprefix("Input ")
            wrong.append(f"{sources.get(name, f'{name} in {path}')} is not usable: {reason}.")
        raise BadSettings(" ".join(wrong), "Correct it; nothing was sent.") from error


def found_in(
    *, environment: Mapping[str, str], folder: Path, config: Path | None = None
) -> tuple[Path | None, tuple[str, ...]]:
    """Where settings are found: the one file that counts (None: there is none), and the environment's variables.

    Raises `BadSettings` where that file cannot be read.
    """
    home = Path(environment.get("IMPORTER_HOME", "").strip() or _default_home()).expanduser()
    path, _ = _config_file(config, folder, home)
    return (path if path.is_file() else None), tuple(name for name in ENVIRONMENT if environment.get(name, "").strip())


def _default_home() -> Path:
    import platformdirs

    return Path(platformdirs.user_data_dir("invoice-importer", appauthor=False))


def _config_file(given: Path | None, folder: Path, home: Path) -> tuple[Path, dict[str, Any]]:
    candidates = [given] if given else [folder / CONFIG_NAME, home / CONFIG_NAME]
    for path in candidates:
        try:
            written = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise BadSettings(f"The settings file {path} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise BadSettings(f"The settings file {path} is not text in UTF-8.", "Save it as UTF-8.") from error
        except tomllib.TOMLDecodeError as error:
            raise BadSettings(f"The settings file {path} is not valid TOML: {error}.") from error
        return path, {name: value for name, value in written.items() if value != ""}
    if given:
        raise BadSettings(f"There is no settings file {given}.")
    return candidates[-1], {}
