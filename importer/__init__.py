"""invoice-importer: vendor spreadsheets become invoices in ResMan, through Propexo's API."""

from __future__ import annotations

__version__ = "0.1.0"
