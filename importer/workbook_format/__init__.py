"""The contract of the results workbook: its writer is `report`, its reader `roundtrip`."""

from __future__ import annotations
