"""What the files of a run held, what a person's word on a likeness covered, and looking invoices up by their total."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Adds what 0005 has besides, and fills in what older runs have said of their files."""
    contents = op.create_table(
        "contents",
        sa.Column("run", sa.String(40), primary_key=True),
        sa.Column("file", sa.Text, primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
    )
    op.create_index("contents_by_sha256", "contents", ["sha256"])
    op.create_index("invoices_by_total", "invoices", ["destination", "total_in_cents"])
    op.add_column("acceptances", sa.Column("fingerprint", sa.String(64)))
    op.add_column("acceptances", sa.Column("shown", sa.JSON))
    kept = set()
    for run, files in op.get_bind().execute(sa.text("SELECT id, files FROM runs WHERE command = 'submit'")):
        for each in json.loads(files) if isinstance(files, str) else files:
            if each.get("sha256"):
                kept.add((run, each["name"].rpartition("/")[2], each["sha256"]))
    if kept:
        op.bulk_insert(contents, [dict(zip(("run", "file", "sha256"), each, strict=True)) for each in sorted(kept)])
