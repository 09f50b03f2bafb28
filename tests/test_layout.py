"""The plan of the house: who may import whom, where each library lives, what `--help` loads, what things are called."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "importer"
MODULES = sorted(PACKAGE.rglob("*.py"))

LEVELS: tuple[tuple[str, ...], ...] = (
    ("errors", "domain"),
    ("settings", "workbook_format"),
    ("reading", "masterdata", "validation", "ledger", "sandbox"),
    ("propexo", "report"),
    ("context", "sending", "roundtrip", "duplicates"),
    ("runs",),
    ("pipeline",),
    ("api", "frames", "notifications"),
    ("dropfolder", "doctor"),
    ("cli", "web"),
)
"""Each room imports only from rooms above it on this page, and from itself. A new room finds its level here."""

ROOM_OF = {
    "clock": "settings",
    "home": "settings",
    "secrets_store": "settings",
    "smtp_settings": "settings",
    "__main__": "cli",
}
"""What belongs to a room of another name: the settings say where the home is, and who may look into it."""

TOP = {
    "__init__",
    "__main__",
    "api",
    "clock",
    "context",
    "errors",
    "frames",
    "pipeline",
    "secrets_store",
    "settings",
    "smtp_settings",
}
"""The modules that stand outside of rooms: the story, the library's face, and what every room is given."""

AGAINST_THE_GRAIN = {
    ("context", "runs/newest_ledger"),
    ("context", "sending/settle"),
    ("doctor/drop_folder", "dropfolder/drop_store"),
    ("doctor/drop_folder", "dropfolder/folder"),
    ("doctor/drop_folder", "dropfolder/folder_settings"),
    ("doctor/drop_folder", "dropfolder/heartbeat"),
    ("duplicates/look_up", "context"),
    ("duplicates/look_up", "runs/decisions"),
    ("duplicates/look_up", "sending/send"),
    ("duplicates/look_up", "sending/unknown_jobs"),
    ("duplicates/similar_in_resman", "runs/decisions"),
    ("reading/read", "roundtrip/compare_totals"),
    ("reading/read", "roundtrip/corrected_workbook"),
    ("reading/read", "roundtrip/correction_trail"),
    ("reading/read", "roundtrip/restored_file"),
    ("runs/follow_up", "pipeline"),
    ("runs/past_runs", "pipeline"),
    ("validation/__init__", "duplicates/within_run"),
}
"""Imports that still go the other way, module by module. This list only shrinks."""

HOMES: dict[str, tuple[str, ...]] = {
    "alembic": ("ledger/",),
    "click": ("cli/",),
    "httpx": (
        "propexo/client.py",
        "notifications/",
    ),
    "keyring": ("secrets_store.py",),
    "openpyxl": (
        "report/",
        "reading/",
        "roundtrip/",
    ),
    "platformdirs": ("settings.py",),
    "pydantic": (
        "domain/payload.py",
        "settings.py",
        "smtp_settings.py",
        "notifications/",
        "secrets_store.py",
        "ledger/",
        "propexo/",
        "sending/",
        "runs/follow_up.py",
        "dropfolder/",
        "cli/",
    ),
    "python_calamine": ("reading/formats/",),
    "rapidfuzz": ("masterdata/fuzzy_match.py",),
    "rich": (
        "cli/",
        "report/",
    ),
    "sqlalchemy": (
        "ledger/",
        "propexo/rate_limit.py",
        "dropfolder/drop_store.py",
        "sending/unknown_jobs.py",
    ),
    "starlette": ("sandbox/",),
    "tenacity": ("propexo/client.py",),
    "truststore": (
        "propexo/client.py",
        "notifications/",
    ),
    "uvicorn": ("sandbox/",),
    "xlsxwriter": ("report/",),
}
"""Third-party library → where it may be imported. One that is not here has no home yet."""


def named(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imported(path: Path) -> Iterator[str]:
    """The full names of what a file imports, wherever in it that stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{named(path)} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_of(name: str) -> str | None:
    """ "importer.reading.read.read_contents" → "reading/read"; None for what is not ours, and for the version."""
    parts = name.split(".")
    if parts[0] != "importer":
        return None
    for end in range(len(parts), 1, -1):
        path = PACKAGE.joinpath(*parts[1:end])
        if path.with_suffix(".py").is_file():
            return path.relative_to(PACKAGE).as_posix()
        if (path / "__init__.py").is_file():
            return (path / "__init__").relative_to(PACKAGE).as_posix()
    return None


def room_of(module: str) -> str:
    """ "reading/rows/footers" → "reading"."""
    first = module.split("/")[0]
    return ROOM_OF.get(first, first)


def level_of(room: str) -> int:
    found = [level for level, rooms in enumerate(LEVELS) if room in rooms]
    assert found, f"importer/{room} has no level in {Path(__file__).name}"
    return found[0]


def against_the_grain() -> set[tuple[str, str]]:
    """The imports from a room of the same level, or of one below."""
    found = set()
    for path in MODULES:
        own = named(path).removesuffix(".py")
        for other in {module for name in imported(path) if (module := module_of(name))}:
            if room_of(other) != room_of(own) and level_of(room_of(other)) >= level_of(room_of(own)):
                found.add((own, other))
    return found


def test_there_are_at_most_ten_levels() -> None:
    """A house that one person can keep in mind."""
    assert len(LEVELS) <= 10


def test_imports_go_one_way() -> None:
    """Values, then the rooms that never import each other, then where they meet, then the doors; but for a list of
    old sins that only shrinks."""
    assert sorted(against_the_grain() - AGAINST_THE_GRAIN) == []
    assert sorted(AGAINST_THE_GRAIN - against_the_grain()) == [], "mended: take it off the list"


def test_the_package_itself_imports_nothing_of_its_rooms() -> None:
    """`import importer` is there at once."""
    assert [name for name in imported(PACKAGE / "__init__.py") if name.startswith("importer.")] == []


def test_every_module_stands_in_a_room() -> None:
    """At the top there is only what everybody looks for there."""
    assert sorted({path.stem for path in PACKAGE.glob("*.py")} - TOP) == []


def test_a_module_name_stands_once() -> None:
    """Whoever opens a file by its name finds the one that is meant; and none hides a module of Python's own."""
    stems = Counter(path.stem for path in MODULES if path.stem not in ("__init__", "__main__"))
    assert [stem for stem, count in stems.items() if count > 1] == []
    assert sorted({*stems, *(path.parent.name for path in MODULES)} & sys.stdlib_module_names) == []


def test_a_public_class_name_stands_once() -> None:
    """A name means one thing in the whole house, whether it is a class or another name for a type."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in MODULES:
        for name in class_names(ast.parse(path.read_text(encoding="utf-8"))):
            found[name].append(named(path))
    assert {name: modules for name, modules in found.items() if len(modules) > 1} == {}


def class_names(module: ast.Module) -> Iterator[str]:
    """The public classes, and the other names for types, that a module defines."""
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        else:
            continue
        yield from (name for name in names if name[0].isupper() and not name.isupper())


def test_only_doors_know_the_stand_in() -> None:
    """What runs against the real API has nothing of the sandbox in it."""
    knows = [
        named(path)
        for path in MODULES
        if any(name.startswith("importer.sandbox") for name in imported(path)) and "sandbox/" not in named(path)
    ]
    assert [name for name in knows if not name.startswith("cli/")] == []


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_libraries_stay_at_home(path: Path) -> None:
    """Each third-party library is imported where it lives, and nowhere else."""
    libraries = {name.split(".")[0] for name in imported(path)} - sys.stdlib_module_names - {"importer"}
    assert [one for one in sorted(libraries) if not named(path).startswith(HOMES.get(one, ()))] == []


@pytest.mark.parametrize("arguments", [["--help"], ["submit", "--help"], ["--version"]], ids=" ".join)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """Of all libraries only the one that reads the command line: the answer is there at once."""
    program = (
        "import sys; from importer.cli import run; run(sys.argv[1:]);"
        "print(sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    command = [sys.executable, "-c", program, *arguments]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    loaded = set(ast.literal_eval(ended.stderr.splitlines()[-1]))
    assert loaded & (set(HOMES) - {"click"}) == set()
    assert "asyncio" not in loaded
