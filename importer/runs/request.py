"""What a run is asked to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from importer.reading.formats.prefetch import Ahead
from importer.validation.expectation import ExpectedTotals

NOTHING_EXPECTED = ExpectedTotals()


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What is to be read, and what it should come to."""

    files: Sequence[Path]
    profiles: Path | None = None  # the folder of the saved layouts; None: there are none
    integration_id: str | None = None  # where no column says otherwise
    sheet: str | None = None
    profile: str | None = None  # a profile's name, or a path to one; None: each file finds its own
    expected: ExpectedTotals = NOTHING_EXPECTED
    accepted_duplicates: Mapping[str, str] = field(
        default_factory=dict
    )  # key of a likely duplicate → why it may go all the same
    acknowledged: Mapping[str, str] = field(default_factory=dict)  # code of unknown jobs → why they are all right
    names: Mapping[str, str] | None = None  # what names meant in the run that is told again
    ahead: Ahead | None = None  # the file that is being read already
