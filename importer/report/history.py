"""The runs of the ledger, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from importer.models import Status, dollars

if TYPE_CHECKING:
    from rich.console import RenderableType


def history(runs: Sequence[Mapping[str, Any]]) -> RenderableType:
    """A table of runs, in the order given: when, who, what, which files, what came of it."""
    from rich.table import Table
    from rich.text import Text

    if not runs:
        return Text("Nothing has been run yet.")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("When", "Who", "Command", "Files", "Invoices", "Outcome", "Run"):
        table.add_column(heading)
    for run in runs:
        started: datetime = run["started"]
        files = ", ".join(str(file["name"]) for file in run["files"])
        counts = run["counts"] or {}
        table.add_row(
            f"{started.astimezone():%Y-%m-%d %H:%M}",
            run["who"],
            run["command"],
            files,
            f"{counts['invoices']:,}" if counts else "",
            _outcome(run),
            run["id"],
        )
    return table


def history_json(runs: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """The same for programs; moments in ISO 8601, amounts in cents."""
    return {
        "command": "history",
        "runs": [
            {
                "run": run["id"],
                "command": run["command"],
                "started": run["started"].isoformat(),
                "finished": run["finished"].isoformat() if run["finished"] else None,
                "who": run["who"],
                "destination": run["destination"],
                "files": run["files"],
                "plan": run["plan"],
                "counts": run["counts"],
                "amounts": run["amounts"],
                "results": run["results"],
                "exit_code": run["exit_code"],
                "stopped": run["stopped"],
            }
            for run in runs
        ],
    }


def _outcome(run: Mapping[str, Any]) -> str:
    counts, amounts = run["counts"], run["amounts"]
    if counts is None:
        return run["stopped"] or ("under way" if run["finished"] is None else "")
    parts = [
        f"{counts[status]:,} {status.label.lower()} ({dollars(amounts[status])})" for status in Status if counts[status]
    ]
    return ", ".join(parts)
