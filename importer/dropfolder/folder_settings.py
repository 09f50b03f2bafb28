"""What a drop folder's own settings say: `watch.toml`. Posting is only ever switched on there, in so many words."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from importer.errors import BadSettings
from importer.notifications import Recipients

NAME = "watch.toml"

TEMPLATE = """\
# What becomes of the files that are dropped into "inbox". Lines that begin with # are not read.
# A change counts from the next file on; nothing has to be started again.

# "check" says what would happen and sends nothing, ever. "submit" posts what is right.
action = "check"

# With "submit": "none" posts at once; "required" waits until somebody else has approved what would be posted.
approval = "none"

# The saved layout to read with, and the sheet. Without these each file finds its own.
# profile = "acme-landscaping"
# sheet = "Invoices"

[tell]
# Who is told what became of each file.
# email = ["ap@example.com", "controller@example.com"]
# webhook = "https://hooks.example.com/services/…"
"""


class FolderSettings(BaseModel):
    """Every setting of one folder, complete."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)

    action: Literal["check", "submit"] = "check"
    approval: Literal["none", "required"] = "none"
    profile: Annotated[str, Field(min_length=1)] | None = None
    sheet: Annotated[str, Field(min_length=1)] | None = None
    tell: Recipients = Recipients()
    poll_seconds: Annotated[float, Field(gt=0, le=3600)] = 2.0  # between two looks at the folder
    settle_seconds: Annotated[float, Field(gt=0, le=3600)] = 10.0  # a file that has not changed for so long is taken
    open_end_seconds: Annotated[float, Field(gt=0, le=86_400)] = 60.0  # the same where nothing marks its end
    give_up_minutes: Annotated[float, Field(gt=0, le=10_080)] = 30.0  # a file whose end never comes is put aside
    away_minutes: Annotated[float, Field(ge=0, le=10_080)] = 30.0  # people are told of an outage that lasts so long
    status_minutes: Annotated[float, Field(gt=0, le=10_080)] = 15.0  # between two questions what became of invoices

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.approval == "required" and self.action != "submit":
            raise ValueError(
                'approval = "required" goes with action = "submit": a folder that only checks posts nothing'
            )
        return self

    @property
    def needs_approval(self) -> bool:
        """True where nothing is posted before somebody else has agreed."""
        return self.approval == "required"


def read_orders(path: Path) -> FolderSettings:
    """The settings of a folder. Raises `BadSettings` in one sentence, also where the file is gone."""
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise BadSettings(f"{NAME} is not an ordinary file.", "Put the file itself there.")
        written = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        advice = f"Put {NAME} back, or make an empty one: with that the folder checks, and posts nothing."
        raise BadSettings(f"{NAME} is gone, and nothing is taken without it.", advice) from None
    except OSError as error:
        raise BadSettings(f"{NAME} cannot be read: {error.strerror or error}.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(f"{NAME} cannot be understood: {_shortly(error)}.", "Correct it.") from error
    try:
        return FolderSettings.model_validate(written)
    except ValidationError as error:
        wrong = []
        for each in error.errors(include_url=False, include_input=False, include_context=False):
            name = ".".join(str(part) for part in each["loc"] if not isinstance(part, int))
            reason = each["msg"].removeprefix("Value error, ").removeprefix("Input ")
            known = ", ".join(Recipients.model_fields if name.startswith("tell.") else FolderSettings.model_fields)
            if each["type"] == "extra_forbidden":
                wrong.append(f"there is no setting {name} (there are {known})")
            else:
                wrong.append(f"{name}: {reason}" if name else reason)
        raise BadSettings(f"{NAME} is not usable: {'; '.join(wrong)}.", "Correct it.") from error


def _shortly(error: Exception) -> str:
    return "it is not text in UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
