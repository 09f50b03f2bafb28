"""A file becomes rows, rows become invoices: every row of the input ends in an invoice, a problem, or is skipped
with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from importer.models import Reading
from importer.reader.profiles import Profile
from importer.reader.reading import read_contents

__all__ = ["Profile", "name_of", "read_contents", "read_files"]


def name_of(path: Path) -> str:
    """The file's name as it is shown and recorded everywhere: characters that cannot be printed are replaced."""
    from importer.reader.files import shown

    return shown(path.name or str(path))


def read_files(
    paths: Sequence[Path],
    *,
    integration_id: str | None = None,
    sheet: str | None = None,
    profile: Profile | None = None,
    profiles: Sequence[Profile] = (),
) -> Reading:
    """What the files say, read in their order.

    `integration_id` holds where no column says otherwise; `sheet` names the one sheet to read of each workbook ("*":
    all). `profile` is for all files; without it each takes the one of `profiles` that fits it, if any.
    Raises FileUnreadable for a file that cannot be read as a whole, BadSettings where two profiles fit equally well.
    """
    from importer.reader.files import open_file

    return read_contents(
        [open_file(path) for path in paths],
        integration_id=integration_id,
        sheet=sheet,
        profile=profile,
        profiles=profiles,
    )
