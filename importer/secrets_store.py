"""Where the access token is kept: the system's keyring, or where there is none a file that only its owner can read."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from pydantic import SecretStr

from importer.errors import BadSettings
from importer.home import private_files

SERVICE = "invoice-importer"


def is_plausible(token: SecretStr) -> bool:
    """True for text that can travel as a header; the libraries below quote what they refuse, and a token is secret."""
    text = token.get_secret_value()
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def find(destination: str, home: Path) -> SecretStr | None:
    """The kept token for a destination. Raises `BadSettings` where its file can be read by others, or is no token."""
    kept = from_keyring(destination) or SecretStr(_from_file(_file(home)) or "")
    if kept and not is_plausible(kept):
        raise BadSettings("The kept access token is damaged.", "Run `invoice-importer login` again.")
    return kept or None


def where(destination: str, home: Path) -> str:
    """Where the token for a destination is kept, in words."""
    return "the system's keyring" if from_keyring(destination) else f"the file {_file(home)}"


def keep(token: SecretStr, destination: str, home: Path) -> str:
    """Keeps a token and says where. Raises `BadSettings` where that cannot be done."""
    try:
        import keyring

        keyring.set_password(SERVICE, destination, token.get_secret_value())
        is_kept = keyring.get_password(SERVICE, destination) == token.get_secret_value()
    except Exception:  # noqa: BLE001 -- see from_keyring
        is_kept = False
    if not is_kept:  # there is a keyring that keeps nothing, and takes it without a word
        return _keep_in_file(token, _file(home))
    with suppress(OSError):
        _file(home).unlink()
    return "the system's keyring"


def forget(destination: str, home: Path) -> bool:
    """Removes what `keep` kept; True where there was something."""
    removed = False
    with suppress(Exception):  # see from_keyring
        import keyring

        if keyring.get_password(SERVICE, destination) is not None:
            keyring.delete_password(SERVICE, destination)
            removed = True
    with suppress(OSError):
        _file(home).unlink()
        removed = True
    return removed


def _file(home: Path) -> Path:
    return home / "token"


def from_keyring(name: str) -> SecretStr | None:
    """What the system's keyring keeps under this name; None where there is nothing, or no keyring."""
    try:
        import keyring

        kept = keyring.get_password(SERVICE, name)
        return SecretStr(kept) if kept else None
    except Exception:  # noqa: BLE001 -- none, locked, misconfigured: each backend fails in its own way; ask the file
        return None


def _from_file(path: Path) -> str | None:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"The token file {path} cannot be read.", "Run `invoice-importer login` again.") from error
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BadSettings(
            f"The token file {path} can be read by other people.",
            "Remove it, have the token replaced, and run `invoice-importer login`.",
        )
    return text or None


def _keep_in_file(token: SecretStr, path: Path) -> str:
    aside = path.with_name(".token.part")
    try:
        private_files.make_folder(path.parent)
        aside.unlink(missing_ok=True)
        with private_files.private_open(aside, "x") as stream:
            stream.write(token.get_secret_value() + "\n")
        aside.replace(path)
    except OSError as error:
        raise BadSettings(f"The token cannot be kept in {path}: {error.strerror}.") from error
    return f"the file {path}, which only you can read"
