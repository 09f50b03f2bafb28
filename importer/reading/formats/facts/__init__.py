"""What a format keeps beside the values of cells: hidden rows, merged cells, number formats."""

from __future__ import annotations
