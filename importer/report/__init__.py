"""What a run came to, for people and for programs. Libraries are imported when a report is made, not before."""

from __future__ import annotations

from importer.report.csv_report import write_csv
from importer.report.html_report import html_summary, write_html_summary
from importer.report.json_report import as_json
from importer.report.terminal import summary
from importer.report.workbook.annotate import annotate
from importer.report.workbook.results_workbook import write_workbook

__all__ = ["annotate", "as_json", "html_summary", "summary", "write_csv", "write_html_summary", "write_workbook"]
