"""Likely duplicates that a person lets go, what names meant in a run, and looking a vendor's invoices up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds what 0003 has besides. Spelt out, because a migration must not change with the code."""
    op.create_table(
        "acceptances",
        sa.Column("key", sa.String(24), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run", sa.String(40), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.add_column("runs", sa.Column("names", sa.JSON))
    op.create_index("invoices_by_vendor", "invoices", ["destination", "vendor_id"])
