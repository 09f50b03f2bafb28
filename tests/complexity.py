"""Functions that are more than one thought, and the list of those that still are: it only shrinks.

    python -m tests.complexity             names what is new or worse, and what is mended and still listed
    python -m tests.complexity --accept    writes the list as it is: take from it what was mended, add nothing

Cognitive complexity (complexipy) is at most 15, cyclomatic complexity (Ruff C901) at most 10, and a function takes at
most 6 parameters (Ruff PLR0913).
"""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from complexipy import file_complexity

ROOT = Path(__file__).parent.parent
LIST = Path(__file__).with_name("too_complex.txt")
COGNITIVE, CYCLOMATIC, PARAMETERS = 15, 10, 6


def offenders(root: Path = ROOT, package: str = "importer") -> dict[str, int]:
    """ "cognitive importer/a.py::Class.method" → its measure, for every function beyond what is allowed."""
    return {**_cognitive(root, package), **_by_ruff(root, package)}


def _cognitive(root: Path, package: str) -> dict[str, int]:
    found = {}
    for path in sorted((root / package).rglob("*.py")):
        for function in file_complexity(str(path)).functions:
            if function.complexity > COGNITIVE:
                name = function.name.replace("::", ".")
                found[f"cognitive {path.relative_to(root).as_posix()}::{name}"] = function.complexity
    return found


def _by_ruff(root: Path, package: str) -> dict[str, int]:
    command = [
        *(sys.executable, "-m", "ruff", "check", package, "--isolated", "--no-cache", "--exit-zero"),
        *("--select", "C901,PLR0913", "--output-format", "json"),
        *("--config", f"lint.mccabe.max-complexity={CYCLOMATIC}", "--config", f"lint.pylint.max-args={PARAMETERS}"),
    ]
    answer = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    names = {"C901": "cyclomatic", "PLR0913": "parameters"}
    found = {}
    for one in json.loads(answer.stdout):
        path, row = Path(one["filename"]), one["location"]["row"]
        measure = int(one["message"].rpartition("(")[2].split()[0])  # "… is too complex (12 > 10)"
        where = path.relative_to(root).as_posix()
        found[f"{names[one['code']]} {where}::{_function_at(path, row)}"] = measure
    return found


def _function_at(path: Path, row: int) -> str:
    """ "Class.method" of the definition that begins in this row."""

    def within(node: ast.AST, outer: str) -> str | None:
        for child in ast.iter_child_nodes(node):
            name = outer
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{outer}.{child.name}".lstrip(".")
                if child.lineno == row:
                    return name
            found = within(child, name)
            if found is not None:
                return found
        return None

    found = within(ast.parse(path.read_text(encoding="utf-8")), "")
    assert found is not None, f"{path}:{row} is no definition"
    return found


def listed() -> dict[str, int]:
    """What the list allows."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return {name: int(measure) for name, _, measure in (line.rpartition(" ") for line in lines)}


def complaints(found: Mapping[str, int], allowed: Mapping[str, int]) -> list[str]:
    """What is new or worse, and what is on the list although it is mended."""
    worse = [f"{name} is {found[name]}: make it several" for name in found if found[name] > allowed.get(name, 0)]
    return worse + [f"{name} is mended: take it off {LIST.name}" for name in allowed if name not in found]


def main() -> int:
    """1 where the list is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accept", action="store_true", help="write the list as it is")
    found = offenders()
    if parser.parse_args().accept:
        LIST.write_text("".join(f"{name} {found[name]}\n" for name in sorted(found)), encoding="utf-8")
        return 0
    said = complaints(found, listed())
    sys.stdout.writelines(f"{each}\n" for each in said)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
