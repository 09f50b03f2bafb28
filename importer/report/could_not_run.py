"""The object that `--json` prints of a command that could not run: the same keys as of a run, with nothing in them."""

from __future__ import annotations

from importer.domain.outcome import Status

CODE = "could-not-run"


def could_not_run(command: str | None, why: str) -> dict[str, object]:
    """Nothing was sent, and `stopped` says why. It is the one problem as well, so that whoever lists those has it."""
    amounts = dict.fromkeys(("invoices", *map(str, Status)), 0)
    nowhere = dict.fromkeys(("file", "sheet", "row", "column", "field", "value"))
    return {
        "command": command,
        "run": None,
        "files": [],
        "plan": None,
        "results": None,
        "stopped": why,
        "counts": {"rows": 0, **amounts},
        "amounts": amounts,
        "skipped_rows": [],
        "problems": [{"code": CODE, "severity": "error", "message": why, **nowhere}],
        "invoices": [],
    }
