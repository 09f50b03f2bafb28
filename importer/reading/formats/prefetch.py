"""A workbook that is being read while the rest of the program is still being loaded.

Its parser is a process of its own, and the larger part of the time of a large file. Only a door does this, before it
loads what comes after the reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from importer.reading.formats.limits import ReadingLimits
from importer.reading.formats.parse_in_child import Parser
from importer.reading.formats.raw_workbook import RawWorkbook
from importer.reading.formats.safe_file import is_workbook


@dataclass(frozen=True, slots=True)
class Ahead:
    """A file under way."""

    path: Path
    name: str  # what it is called
    opened: Future[RawWorkbook]


@contextmanager
def begun(paths: Sequence[Path], names: Sequence[str]) -> Iterator[Ahead | None]:
    """Begins to read the first of the files, and ends when it is read. None where that would win nothing: what is no
    workbook is read in this process. What is wrong with the file is said to whoever asks for its contents."""
    if not paths or not is_workbook(paths[0]):
        yield None
        return
    path, name = paths[0], names[0]
    with _started(name) as parser, ThreadPoolExecutor(1, "ahead") as reading:
        from importer.reading.formats.open_file import open_file  # loaded while the parser starts

        yield Ahead(path, name, reading.submit(open_file, path, name=name, parser=parser))


def _started(name: str) -> AbstractContextManager[Parser | None]:
    """A parser, started before this process has much else to do. None where the system has no process to spare now."""
    try:
        return Parser(name, ReadingLimits())
    except OSError:
        return nullcontext()


def opened(path: Path, name: str, ahead: Ahead | None) -> RawWorkbook:
    """The file's contents, from what is under way or read now. Raises FileUnreadable."""
    if ahead is not None and (ahead.path, ahead.name) == (path, name):
        return ahead.opened.result()
    from importer.reading.formats.open_file import open_file

    return open_file(path, name=name)
