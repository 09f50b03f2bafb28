"""What a run came to, for people and for programs. Libraries are imported when a report is made, not before."""

from __future__ import annotations

from importer.report.as_json import as_json
from importer.report.history import history, history_json
from importer.report.target import check_target
from importer.report.terminal import summary
from importer.report.workbook import write_workbook

__all__ = ["as_json", "check_target", "history", "history_json", "summary", "write_workbook"]
