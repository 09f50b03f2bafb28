"""The sheet of an invoice's rows: rows of two sheets have the same numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds what 0006 has besides. What was posted before says nothing of its sheets."""
    op.add_column("invoices", sa.Column("sheets", sa.Text))
