"""Where a run's process id means something, which turns still wait for their answer, and invoices by their file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds two columns and an index; what is there already needs nothing."""
    op.add_column("runs", sa.Column("machine", sa.Text))
    op.add_column("turns", sa.Column("answered", sa.Boolean, nullable=False, server_default=sa.true()))
    op.create_index("invoices_by_file", "invoices", ["file"])
