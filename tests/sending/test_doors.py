"""Every door that writes goes through the claim: the callers of the client's POSTs, read from the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import importer

PACKAGE = Path(importer.__file__).parent

WRITES = {"create_invoice": "INTENT", "retry_write": "RETRY_INTENT"}
"""The client's calls that make an invoice in ResMan → the event that must be recorded before, which only one that holds
its claims can: `Ledger.record` refuses it otherwise."""

ONLY_READS = {"start_sync"}
"""Its other POSTs."""


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
            yield node


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node


def test_every_write_is_claimed_just_before_it() -> None:
    """In the same function, whoever calls it; and there is no write that this test does not know."""
    found: dict[str, list[str]] = {name: [] for name in WRITES}
    for path in sorted(PACKAGE.rglob("*.py")):
        for function in functions(path):
            for name, event in WRITES.items():
                for call in calls(function, name):
                    events = [
                        each.lineno
                        for each in calls(function, "record")
                        if isinstance(each.args[0], ast.Attribute) and each.args[0].attr == event
                    ]
                    where = f"{path.relative_to(PACKAGE)}:{function.name}"
                    assert min(events, default=call.lineno) < call.lineno, f"{where} sends without a claim"
                    found[name].append(where)
    assert found == {"create_invoice": ["sending/send.py:_once"], "retry_write": ["sending/follow.py:_retry"]}


def test_the_client_has_no_other_posts() -> None:
    """A new one belongs to one of the lists above."""
    client = list(functions(PACKAGE / "propexo" / "client.py"))
    posts = {function.name for function in client if any(calls(function, "_post"))}
    made = {
        function.name
        for function in client
        if any(isinstance(each, ast.Constant) and each.value == "POST" for each in ast.walk(function))
    }
    assert made == {"_post"}
    assert posts == {*WRITES, *ONLY_READS}


def test_only_what_holds_its_claims_is_planned() -> None:
    """The one place that makes an invoice somebody's is the transaction that claims."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for function in functions(path):
            planned = any(
                isinstance(each, ast.keyword) and each.arg == "state" and ast.unparse(each.value) == "State.PLANNED"
                for each in ast.walk(function)
            )
            if planned:
                found.append(f"{path.name}:{function.name}")
    assert found == ["ledger.py:_claim"]
