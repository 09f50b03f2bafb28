"""Settings: who wins, what is refused and in which words, and that no secret is ever in any text."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import NoKeyringError
from pydantic import SecretStr

from importer import secrets_store
from importer.errors import BadSettings
from importer.settings import PRODUCTION, Settings, load

SECRET = "tok-5e4a3b2c1d0e"
posix = pytest.mark.skipif(os.name != "posix", reason="file permissions as on POSIX")


class Kept(KeyringBackend):
    """A keyring in memory."""

    priority = 1.0

    def __init__(self) -> None:
        self.secrets: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.secrets.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.secrets[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.secrets[service, username]


class Failing(KeyringBackend):
    """A keyring that fails at everything."""

    priority = 1.0

    def __init__(self, error: Exception) -> None:
        self.error = error

    def get_password(self, *_: str) -> str | None:
        raise self.error

    def set_password(self, *_: str) -> None:
        raise self.error

    def delete_password(self, *_: str) -> None:
        raise self.error


NO_KEYRING = Failing(NoKeyringError("No recommended backend was available."))


@pytest.fixture(autouse=True)
def keyring_of_this_test() -> Iterator[Kept]:
    """No test asks the keyring of whoever runs it."""
    before = keyring.get_keyring()
    kept = Kept()
    keyring.set_keyring(kept)
    yield kept
    keyring.set_keyring(before)


def loaded(folder: Path, **environment: str) -> Settings:
    """The settings of a machine where only this is set; the home is in the folder."""
    return load(options={}, environment=at_home(folder) | environment, folder=folder)


def at_home(folder: Path) -> dict[str, str]:
    """The environment that puts the home into the folder."""
    return {"IMPORTER_HOME": str(folder / "home")}


def write(folder: Path, text: str, name: str = "importer.toml") -> Path:
    """A settings file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, **environment: str) -> str:
    """The sentence with which the environment is refused."""
    with pytest.raises(BadSettings) as caught:
        loaded(folder, **environment)
    return str(caught.value)


# ------------------------------------------------------------------------------------------------------- who wins


def test_with_nothing_set_everything_has_its_default(tmp_path: Path) -> None:
    """The defaults of the documentation."""
    settings = loaded(tmp_path)
    assert (settings.url, settings.integration_id, settings.token) == (PRODUCTION, None, None)
    assert (settings.rate_limit, settings.rate_window_seconds, settings.full_speed) == (115, 60.0, False)
    assert settings.ledger == f"sqlite:///{tmp_path / 'home' / 'ledger.sqlite3'}"
    assert settings.is_production


def test_the_home_is_a_folder_of_the_user_where_none_is_set(tmp_path: Path) -> None:
    """Named after the program, and absolute."""
    home = load(options={}, environment={}, folder=tmp_path).home
    assert home.is_absolute()
    assert "invoice-importer" in home.parts


def test_option_before_environment_before_file_before_default(tmp_path: Path) -> None:
    """One setting from all three, two, one and none of the sources."""
    write(
        tmp_path,
        'full_speed = false\nrate_limit = 10\nintegration_id = "intg-file"\nrelease_unfound_after_hours = 48',
    )
    environment = at_home(tmp_path) | {"IMPORTER_RATE_LIMIT": "20", "PROPEXO_URL": "https://x.org"}
    settings = load(options={"full_speed": True, "rate_limit": None}, environment=environment, folder=tmp_path)
    assert (settings.full_speed, settings.rate_limit, settings.url) == (True, 20, "https://x.org")
    assert (settings.integration_id, settings.release_unfound_after_hours) == ("intg-file", 48.0)
    assert settings.rate_window_seconds == 60.0


def test_the_file_that_was_named_is_the_only_one_that_counts(tmp_path: Path) -> None:
    """`--config`, then the current folder, then the home."""
    named = write(tmp_path, "rate_limit = 1", "other.toml")
    write(tmp_path / "home", "rate_limit = 3")
    assert loaded(tmp_path).rate_limit == 3
    write(tmp_path, "rate_limit = 2\nfull_speed = true")
    assert loaded(tmp_path).rate_limit == 2
    settings = load(options={}, environment=at_home(tmp_path), folder=tmp_path, config=named)
    assert (settings.rate_limit, settings.full_speed) == (1, False)


def test_a_blank_is_as_good_as_nothing(tmp_path: Path) -> None:
    """An empty variable, one of spaces, an empty text in the file: an empty id would be sent as one."""
    write(tmp_path, 'url = ""\nintegration_id = ""\nledger = ""')
    settings = loaded(tmp_path, PROPEXO_URL="", PROPEXO_TOKEN="  ")
    assert (settings.url, settings.integration_id, settings.token) == (PRODUCTION, None, None)


def test_spaces_around_a_value_are_dropped(tmp_path: Path) -> None:
    """They come along when something is copied."""
    write(tmp_path, 'integration_id = " intg-1 "')
    settings = loaded(tmp_path, PROPEXO_TOKEN=f" {SECRET}\n", PROPEXO_URL=" https://x.org ")
    assert (settings.integration_id, settings.url) == ("intg-1", "https://x.org")
    assert settings.find_token().get_secret_value() == SECRET


def test_the_home_may_be_written_with_a_tilde_or_relative(tmp_path: Path) -> None:
    """It is absolute from then on, and the ledger lies in it."""
    write(tmp_path, 'home = "~/importer"', "named.toml")
    settings = load(options={}, environment={}, folder=tmp_path, config=tmp_path / "named.toml")
    assert settings.home == Path.home() / "importer"
    relative = load(options={}, environment={"IMPORTER_HOME": "here"}, folder=tmp_path)
    assert (relative.home, relative.ledger) == (Path.cwd() / "here", f"sqlite:///{Path.cwd() / 'here/ledger.sqlite3'}")


# ---------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        (
            {"IMPORTER_RATE_LIMIT": "many"},
            "IMPORTER_RATE_LIMIT is not usable: should be a valid integer, unable to parse string as an integer.",
        ),
        ({"IMPORTER_RATE_LIMIT": "0"}, "IMPORTER_RATE_LIMIT is not usable: should be greater than or equal to 1."),
        (
            {"IMPORTER_RATE_WINDOW_SECONDS": "nan"},
            "IMPORTER_RATE_WINDOW_SECONDS is not usable: should be less than or equal to 3600.",
        ),
        ({"PROPEXO_URL": "api.propexo.com"}, "PROPEXO_URL is not usable: 'api.propexo.com' is not a web address."),
        ({"PROPEXO_URL": "ftp://x.org"}, "PROPEXO_URL is not usable: 'ftp://x.org' is not a web address."),
        ({"PROPEXO_URL": "https://"}, "PROPEXO_URL is not usable: 'https://' is not a web address."),
        ({"PROPEXO_URL": "https://x.org:99999"}, "PROPEXO_URL is not usable: it is not a web address."),
        ({"PROPEXO_URL": "https://x.org:port"}, "PROPEXO_URL is not usable: it is not a web address."),
        ({"PROPEXO_URL": "https://[::1"}, "PROPEXO_URL is not usable: it is not a web address."),
        ({"PROPEXO_URL": "https://x.org/a b"}, "PROPEXO_URL is not usable: 'https://x.org/a b' is not a web address."),
        (
            {"PROPEXO_URL": "https://x.org?key=abc"},
            "PROPEXO_URL is not usable: it has more than an address in it: leave out what follows the ? or #.",
        ),
        ({"PROPEXO_URL": "http://x.org"}, "PROPEXO_URL is not usable: 'http://x.org' is not encrypted; use https."),
        (
            {"PROPEXO_TOKEN": "two words"},
            "PROPEXO_TOKEN is not usable: it has spaces or characters in it that no token has; copy it again.",
        ),
    ],
)
def test_an_impossible_value_is_named_with_its_variable(
    tmp_path: Path, environment: dict[str, str], sentence: str
) -> None:
    """What is wrong, where, and that nothing happened."""
    assert refused(tmp_path, **environment) == f"{sentence} Correct it; nothing was sent."


def test_all_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    """From the environment and from the file, each by its own name."""
    path = write(tmp_path, 'rate_limit = "x"\nfull_speed = "perhaps"\nhome = 5')
    said = refused(tmp_path, PROPEXO_URL="x", IMPORTER_HOME=str(tmp_path))
    assert "PROPEXO_URL is not usable" in said
    assert f"rate_limit in {path} is not usable" in said
    assert f"full_speed in {path} is not usable" in said


@pytest.mark.parametrize("name", ["rate_limits", "token", "sandbox", "Rate_Limit"])
def test_a_setting_that_there_is_not_is_refused(tmp_path: Path, name: str) -> None:
    """A slip in a name must not silently leave the default in force; a token must not stand in a file at all."""
    path = write(tmp_path, f'{name} = "{SECRET}"')
    said = refused(tmp_path)
    assert said.startswith(f"{path} has a setting that it cannot have: {name}. Remove it; ")
    assert ("invoice-importer login" in said) == (name == "token")
    assert SECRET not in said


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"rate_limit = ", "is not valid TOML"), (b"\xff\xfe\x00r", "is not text in UTF-8"), (None, "cannot be read: ")],
    ids=["no TOML", "no text", "a folder"],
)
def test_a_settings_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """Ignoring it would run with other settings than somebody has written down."""
    path = tmp_path / "importer.toml"
    path.mkdir() if content is None else path.write_bytes(content)
    said = refused(tmp_path)
    assert said.startswith(f"The settings file {path} ")
    assert reason in said


def test_a_settings_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """Some editors put one there."""
    write(tmp_path, "\ufeffrate_limit = 7")
    assert loaded(tmp_path).rate_limit == 7


def test_a_named_settings_file_that_is_missing_is_no_trifle(tmp_path: Path) -> None:
    """Whoever names one means it."""
    with pytest.raises(BadSettings, match="There is no settings file "):
        load(options={}, environment=at_home(tmp_path), folder=tmp_path, config=tmp_path / "none.toml")


# --------------------------------------------------------------------------------------------------- where it goes to


def test_this_machine_is_one_destination(tmp_path: Path) -> None:
    """An invoice posted to localhost was posted to 127.0.0.1."""
    one, other = (loaded(tmp_path, PROPEXO_URL=f"http://{host}:8765") for host in ("localhost", "127.0.0.1"))
    assert one.destination == other.destination


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8765", "http://127.8.9.10", "http://localhost:1", "http://[::1]:80/", "https://10.0.0.1"]
)
def test_without_encryption_only_on_this_machine(tmp_path: Path, url: str) -> None:
    """Loopback in all its spellings; anything else with https."""
    assert loaded(tmp_path, PROPEXO_URL=url).url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://2130706433",
        "HTTP://api.propexo.com",
    ],
)
def test_what_only_looks_like_this_machine_needs_encryption(tmp_path: Path, url: str) -> None:
    """The token would travel in the open."""
    assert "is not encrypted; use https" in refused(tmp_path, PROPEXO_URL=url)


@pytest.mark.parametrize(
    ("url", "destination"),
    [
        ("https://api.propexo.com", PRODUCTION),
        ("https://API.Propexo.com/", PRODUCTION),
        ("HTTPS://api.propexo.com:443//", PRODUCTION),
        ("https://api.propexo.com.", PRODUCTION),
        ("https://api.sandbox.propexo.com", "https://api.sandbox.propexo.com"),
        ("https://proxy.example.com:8443/propexo/", "https://proxy.example.com:8443/propexo"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_one_destination_has_one_spelling(tmp_path: Path, url: str, destination: str) -> None:
    """It is part of every invoice's key: another spelling would post everything once more."""
    assert loaded(tmp_path, PROPEXO_URL=url).destination == destination


@pytest.mark.parametrize(
    ("url", "is_production"),
    [
        ("https://api.propexo.com.", True),
        ("https://api.propexo.com:8443/x", True),
        ("https://api.sandbox.propexo.com", False),
    ],
)
def test_production_is_known_by_its_host(tmp_path: Path, url: str, is_production: bool) -> None:
    """Whatever port or path: the question before posting must say PRODUCTION."""
    assert loaded(tmp_path, PROPEXO_URL=url).is_production is is_production


def test_the_embedded_stand_in_has_a_home_of_its_own_and_is_never_production(tmp_path: Path) -> None:
    """Neither the real ledger nor the real token is touched; the rest of the settings stays."""
    real = loaded(tmp_path, PROPEXO_TOKEN=SECRET, IMPORTER_LEDGER="postgresql+psycopg://x", IMPORTER_RATE_LIMIT="9")
    trial = real.with_sandbox(url="http://127.0.0.1:1", token="sandbox-token", integration_id="intg-sandbox")
    home = tmp_path / "home" / "sandbox"
    assert (trial.home, trial.ledger) == (home, f"sqlite:///{home / 'ledger.sqlite3'}")
    assert (trial.destination, trial.is_production, trial.integration_id) == ("sandbox", False, "intg-sandbox")
    assert (trial.find_token().get_secret_value(), trial.rate_limit) == ("sandbox-token", 9)


# ------------------------------------------------------------------------------------------------------------ secrets


def test_no_secret_is_in_any_text_of_the_settings(tmp_path: Path) -> None:
    """repr, str and the values: neither the token nor the password of the database."""
    database = f"postgresql+psycopg://me:{SECRET}@db.example.com/ledger"
    settings = loaded(tmp_path, PROPEXO_TOKEN=SECRET, IMPORTER_LEDGER=database)
    assert SECRET not in repr(settings) + str(settings) + repr(settings.token) + f"{settings.find_token()}"
    assert settings.ledger == database


@pytest.mark.parametrize(
    "environment",
    [
        {"PROPEXO_TOKEN": f"{SECRET}\n{SECRET}"},
        {"PROPEXO_TOKEN": f"{SECRET} é"},
        {"PROPEXO_TOKEN": f"\u201c{SECRET}\u201d"},
        {"PROPEXO_URL": f"https://me:{SECRET}@x.org"},
        {"PROPEXO_URL": f"http://{SECRET}@x.org"},
        {"PROPEXO_URL": f"hppts://me:{SECRET}@x.org"},
        {"PROPEXO_URL": f"https://me:{SECRET}@x.org:port"},
        {"PROPEXO_URL": f"https://x.org/?token={SECRET}"},
        {"PROPEXO_TOKEN": SECRET, "IMPORTER_LEDGER": f"postgresql://me:{SECRET}@x", "IMPORTER_RATE_LIMIT": "x"},
    ],
)
def test_no_secret_is_in_an_error_or_its_traceback(tmp_path: Path, environment: dict[str, str]) -> None:
    """Not in the sentence, not in the chain of causes that `--debug` shows."""
    with pytest.raises(BadSettings) as caught:
        loaded(tmp_path, **environment)
    assert SECRET not in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


# ------------------------------------------------------------------------------------------------------------- tokens


def test_the_token_comes_from_the_environment_the_keyring_or_the_file(
    tmp_path: Path, keyring_of_this_test: Kept
) -> None:
    """In this order; of each destination its own."""
    settings = loaded(tmp_path)
    with pytest.raises(BadSettings, match=r"There is no access token\. Run `invoice-importer login`"):
        settings.find_token()
    keyring.set_keyring(NO_KEYRING)
    assert secrets_store.keep(SecretStr("from-file"), settings.destination, settings.home).startswith("the file ")
    assert settings.find_token().get_secret_value() == "from-file"
    keyring.set_keyring(keyring_of_this_test)
    keyring_of_this_test.secrets["invoice-importer", PRODUCTION] = "from-keyring"
    assert settings.find_token().get_secret_value() == "from-keyring"
    assert loaded(tmp_path, PROPEXO_TOKEN="given").find_token().get_secret_value() == "given"
    elsewhere = loaded(tmp_path, PROPEXO_URL="https://api.sandbox.propexo.com")
    assert elsewhere.find_token().get_secret_value() == "from-file"


def test_keeping_in_the_keyring_leaves_no_file_behind(tmp_path: Path, keyring_of_this_test: Kept) -> None:
    """And what is forgotten is gone from both."""
    home = tmp_path / "home"
    keyring.set_keyring(NO_KEYRING)
    secrets_store.keep(SecretStr("old"), PRODUCTION, home)
    keyring.set_keyring(keyring_of_this_test)
    assert secrets_store.keep(SecretStr("new"), PRODUCTION, home) == "the system's keyring"
    assert (list(home.iterdir()), keyring_of_this_test.secrets) == ([], {("invoice-importer", PRODUCTION): "new"})
    assert secrets_store.forget(PRODUCTION, home)
    assert not secrets_store.forget(PRODUCTION, home)
    assert secrets_store.find(PRODUCTION, home) is None


def test_a_keyring_that_fails_in_its_own_way_is_as_good_as_none(tmp_path: Path) -> None:
    """A machine without a session, a locked keyring, a backend that is not installed."""
    keyring.set_keyring(Failing(RuntimeError("no session bus")))
    settings = loaded(tmp_path)
    assert secrets_store.find(PRODUCTION, settings.home) is None
    assert secrets_store.keep(SecretStr(SECRET), PRODUCTION, settings.home).startswith("the file ")
    assert settings.find_token().get_secret_value() == SECRET
    assert secrets_store.forget(PRODUCTION, settings.home)


@posix
def test_the_token_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Written so; and refused where others could have read it."""
    keyring.set_keyring(NO_KEYRING)
    settings = loaded(tmp_path)
    secrets_store.keep(SecretStr(SECRET), PRODUCTION, settings.home)
    path = settings.home / "token"
    assert path.stat().st_mode & 0o777 == 0o600
    for mode in (0o640, 0o604, 0o660):
        path.chmod(mode)
        with pytest.raises(BadSettings, match="can be read by other people") as caught:
            settings.find_token()
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"two words\n", b"tok-1\ntok-2\n"])
def test_a_damaged_token_file_is_said_to_be_one(tmp_path: Path, content: bytes) -> None:
    """Its text must not reach a header, nor an error about one."""
    keyring.set_keyring(NO_KEYRING)
    settings = loaded(tmp_path)
    settings.home.mkdir()
    path = settings.home / "token"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(BadSettings, match="Run `invoice-importer login` again"):
        settings.find_token()


def test_an_empty_token_file_is_none(tmp_path: Path) -> None:
    """The sentence is then that there is no token."""
    keyring.set_keyring(NO_KEYRING)
    settings = loaded(tmp_path)
    settings.home.mkdir()
    (settings.home / "token").touch(0o600)
    with pytest.raises(BadSettings, match="There is no access token"):
        settings.find_token()


def test_settings_are_made_without_heavy_libraries() -> None:
    """They are made before `--help` of a command answers."""
    import subprocess

    code = "import sys, importer.settings; print(sorted(set(sys.modules) & {'httpx', 'sqlalchemy', 'keyring', 'rich'}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


# --------------------------------------------------------------------------------------------------------------- mail


def test_the_mail_server_is_a_table(tmp_path: Path) -> None:
    """The port follows from the security where it is not written down."""
    write(tmp_path, '[smtp]\nhost = "smtp.example.com"\nsender = "bills@example.com"')
    smtp = loaded(tmp_path).smtp
    assert smtp is not None
    assert (smtp.host, smtp.port, smtp.security, smtp.user) == ("smtp.example.com", 587, "starttls", None)
    write(tmp_path, 'smtp = { host = "::1", sender = "bills@example.com", security = "none", port = 2525 }')
    smtp = loaded(tmp_path).smtp
    assert smtp is not None
    assert (smtp.host, smtp.port) == ("::1", 2525)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('sender = "bills@example.com"', "smtp.host in {path} is not usable: it is missing."),
        ('host = "h"\nsender = "b@x.org"\nprot = 5', "smtp.prot in {path} is not usable: there is no such setting."),
        ('host = "h"\nsender = "Bills <b@x.org>"', "smtp.sender in {path} is not usable: it is not an e-mail address"),
        (
            'host = "h"\nsender = "b@x.org\\r\\nBcc: c@x.org"',
            "smtp.sender in {path} is not usable: it is not an e-mail",
        ),
        ('host = "smtp://h/"\nsender = "b@x.org"', "smtp.host in {path} is not usable: it is not the name of a server"),
        (
            'host = "smtp.example.com"\nsender = "b@x.org"\nsecurity = "none"',
            "smtp in {path} is not usable: without encryption only to this machine",
        ),
        ('host = "h"\nsender = "b@x.org"\npassword = "tok-5e4a3b2c1d0e"', "smtp in {path} is not usable: a password "),
    ],
)
def test_a_mail_server_that_cannot_be_is_named(tmp_path: Path, table: str, said: str) -> None:
    """What is missing, misspelt, unencrypted or secret; the secret itself is not repeated."""
    path = write(tmp_path, f"[smtp]\n{table}")
    sentence = refused(tmp_path)
    assert said.format(path=path) in sentence
    assert SECRET not in sentence


def test_the_mail_password_comes_from_the_environment_or_the_keyring(
    tmp_path: Path, keyring_of_this_test: Kept
) -> None:
    """Never from the file, and it is in no text."""
    write(tmp_path, 'smtp = { host = "Smtp.example.com", sender = "bills@example.com", user = "importer" }')
    assert loaded(tmp_path).find_smtp_password() is None
    keyring_of_this_test.secrets["invoice-importer", "smtp://importer@smtp.example.com"] = "kept"
    kept = loaded(tmp_path).find_smtp_password()
    assert kept is not None
    assert kept.get_secret_value() == "kept"
    settings = loaded(tmp_path, IMPORTER_SMTP_PASSWORD=SECRET)
    given = settings.find_smtp_password()
    assert given is not None
    assert given.get_secret_value() == SECRET
    assert SECRET not in repr(settings) + str(given)
    write(tmp_path, f'smtp_password = "{SECRET}"')
    said = refused(tmp_path)
    assert "IMPORTER_SMTP_PASSWORD" in said
    assert SECRET not in said
