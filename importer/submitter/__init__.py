"""Sending, and knowing what became of it. "Never twice, never lost" is argued in `ledger`, `submit` and `settle`."""
