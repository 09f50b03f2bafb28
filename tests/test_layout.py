"""The plan of the house: who may import whom, where each library lives, what `--help` loads, how long a file is."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "importer"
MODULES = sorted(PACKAGE.rglob("*.py"))

LEVELS: tuple[tuple[str, ...], ...] = (
    ("lock_holder", "private", "visible"),
    (
        "errors",
        "problems",
        "columns",
        "collector",
        "cells",
        "held",
        "keys",
        "news",
        "rehearsal",
        "seals",
        "trace",
        "unknown",
    ),
    ("packed", "clock"),
    ("payload",),
    ("models", "token", "severities"),
    ("smtp",),
    ("settings", "results_layout", "named_cells", "vendor_rows"),
    ("results_manifest",),
    ("reader", "directory", "validator", "submitter", "report", "sandbox"),
    ("wanted", "same_bill"),
    ("posted_rows",),
    ("prepared",),
    ("outcomes",),
    ("alike", "archive", "continued"),
    ("written",),
    ("newest", "belonging"),
    ("desk",),
    ("surroundings", "periods", "offers", "telling"),
    ("pipeline",),
    ("past_runs",),
    ("afterwards", "names", "retention"),
    ("results",),
    ("watcher",),
    ("doctor",),
    ("cli",),
    ("__main__",),
)
"""Each part imports only from levels above it on this page, and from itself. A new part finds its level here."""

HOMES: dict[str, tuple[str, ...]] = {
    "alembic": ("submitter/",),
    "click": ("cli/",),
    "httpx": ("submitter/client.py", "telling/"),
    "keyring": ("token.py",),
    "openpyxl": ("report/", "reader/"),
    "pandas": ("reader/",),
    "platformdirs": ("settings.py",),
    "pydantic": (
        "payload.py",
        "settings.py",
        "smtp.py",
        "telling/",
        "token.py",
        "submitter/",
        "afterwards.py",
        "watcher/",
        "cli/",
    ),
    "python_calamine": ("reader/",),
    "rapidfuzz": ("directory/nearness.py",),
    "rich": ("cli/", "report/"),
    "sqlalchemy": ("submitter/",),
    "starlette": ("sandbox/",),
    "tenacity": ("submitter/client.py",),
    "truststore": ("submitter/client.py", "telling/"),
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


def part_of(module: str) -> str | None:
    """ "importer.reading.cells" → "reader"; None for the package's own name and version."""
    part = module.split(".")[1] if "." in module else "__version__"
    return None if part == "__version__" else part


def level_of(part: str) -> int:
    found = [level for level, parts in enumerate(LEVELS) if part in parts]
    assert found, f"importer/{part} has no level in {Path(__file__).name}"
    return found[0]


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_imports_go_one_way(path: Path) -> None:
    """Facts, then the four stations that never import each other, then where they meet, then the doors."""
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    ours = {part for name in imported(path) if name.split(".")[0] == "importer" and (part := part_of(name))}
    if own != "__init__":
        assert [part for part in sorted(ours - {own}) if level_of(part) >= level_of(own)] == []
    else:
        assert ours == set()


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
