"""A file becomes rows, rows become invoices: every row of the input ends in an invoice, a problem, or is skipped
with its reason."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from importer.reading.formats.safe_file import shown

if TYPE_CHECKING:
    from importer.domain.reading import Reading
    from importer.domain.seals import Seal
    from importer.reading.formats.prefetch import Ahead
    from importer.reading.profiles.vendor_profile import Profile

__all__ = ["name_of", "names_of", "read_files", "reading_ahead"]


def name_of(path: Path) -> str:
    """The file's name as it is shown and recorded everywhere: characters that cannot be printed are replaced."""
    return shown(path.name or str(path))


def names_of(paths: Sequence[Path]) -> list[str]:
    """What files are called that are read together: several of one name with as much of their folders as tells them
    apart, "north/march.csv" and "south/march.csv"."""
    names = [name_of(path) for path in paths]
    parts = [_parts(path) for path in paths]
    for depth in range(2, max(map(len, parts), default=0) + 1):
        again = {name for name, count in Counter(names).items() if count > 1}
        if not again:
            break
        alike = {name_of(path) for path, name in zip(paths, names, strict=True) if name in again}
        names = [
            shown("/".join(each[-depth:])) if each[-1:] and shown(each[-1]) in alike else name
            for each, name in zip(parts, names, strict=True)
        ]
    return names


def _parts(path: Path) -> tuple[str, ...]:
    """The folders of a file from the root on, a drive as a folder of its name, and the file's own name."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100 -- Path.resolve would follow links
    drive = whole.anchor.strip(":\\/")
    return (*([drive] if drive else []), *whole.parts[1:])


@contextmanager
def reading_ahead(paths: Sequence[Path]) -> Iterator[Ahead | None]:
    """Begins to read the first of the files, for `read_files`, where that saves time. Raises nothing."""
    from importer.reading.formats.prefetch import begun

    with begun(paths, names_of(paths)) as ahead:
        yield ahead


def read_files(
    paths: Sequence[Path],
    *,
    integration_id: str | None = None,
    sheet: str | None = None,
    profile: Profile | None = None,
    profiles: Sequence[Profile] = (),
    ahead: Ahead | None = None,
    seal: Seal | None = None,
) -> Reading:
    """What the files say, read in their order.

    `integration_id` holds where no column says otherwise; `sheet` names the one sheet to read of each workbook ("*":
    all). `profile` is for all files; without it each takes the one of `profiles` that fits it, if any. `ahead` is what
    is being read already. `seal` is that of the ledger: a results workbook of another one is not read.
    Raises FileUnreadable for files that cannot be read as a whole, all of them named, and BadSettings where two
    profiles fit equally well.
    """
    from importer.errors import FileUnreadable
    from importer.reading.formats.prefetch import opened
    from importer.reading.read import read_contents

    contents, refused = [], []
    for path, name in zip(paths, names_of(paths), strict=True):
        try:
            contents.append(opened(path, name, ahead))
        except FileUnreadable as error:
            refused.append(error)
    return read_contents(
        contents,
        integration_id=integration_id,
        sheet=sheet,
        profile=profile,
        profiles=profiles,
        refused=refused,
        seal=seal,
    )
