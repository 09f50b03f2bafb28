"""Whether a run's workbook lags behind what the ledger knows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds what 0007 has besides. Of the workbooks there are, none is said to lag behind."""
    op.add_column("runs", sa.Column("results_due", sa.Boolean))
