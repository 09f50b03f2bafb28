"""What the importer makes of the lessons and of many made-up tables, frozen: see `python -m tests.snapshots --help`."""
