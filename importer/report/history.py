"""The runs of the ledger, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from importer.models import Status, dollars

if TYPE_CHECKING:
    from rich.console import RenderableType


def history(runs: Sequence[Mapping[str, Any]]) -> RenderableType:
    """A table of runs, in the order given: its name (which begins with the moment), who, what, and what came of it."""
    from rich.table import Table
    from rich.text import Text

    if not runs:
        return Text("Nothing has been run yet.")
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("Run", no_wrap=True, min_width=24)  # whole, because `status RUN` takes it
    for heading in ("Who", "What", "Outcome"):
        table.add_column(heading, overflow="fold")
    for run in runs:
        files = ", ".join(str(file["name"]) for file in run["files"])
        cells = (run["id"], run["who"], f"{run['command']} {files}".strip(), _outcome(run))
        table.add_row(*map(Text, cells))  # a Text is shown as it is, also where a file is called "[bold].csv"
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
        stopped = str(run["stopped"] or ("under way" if run["finished"] is None else ""))
        return stopped.splitlines()[0] if stopped else ""
    parts = [
        f"{counts[status]:,} {status.label.lower()} ({dollars(amounts[status])})" for status in Status if counts[status]
    ]
    return ", ".join(parts)
