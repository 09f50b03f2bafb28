"""Whether a bill went out before: in this file, in this run, by the ledger, in ResMan."""

from __future__ import annotations
