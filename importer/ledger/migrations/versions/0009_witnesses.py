"""What shows whether a ledger is the newest: journals, how far the API's logs were looked through, strangers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds what 0009 has besides. What was sent until now is counted once, under no journal's name."""
    op.add_column("attempts", sa.Column("journal", sa.String(40)))
    op.add_column("attempts", sa.Column("seq", sa.BigInteger))
    op.add_column("attempts", sa.Column("chain", sa.String(32)))
    op.create_index("attempts_by_journal", "attempts", ["journal", "seq"], unique=True)
    op.create_table(
        "journals",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("intents", sa.BigInteger, nullable=False),
        sa.Column("invoices", sa.BigInteger, nullable=False),
        sa.Column("chain", sa.String(32), nullable=False),
    )
    op.execute(
        "INSERT INTO journals (id, intents, invoices, chain)"
        " SELECT '', 0, count(*), '' FROM invoices WHERE sent_at IS NOT NULL"
    )
    op.create_table(
        "seen_logs",
        sa.Column("destination", sa.Text, primary_key=True),
        sa.Column("integration_id", sa.Text, primary_key=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "strangers",
        sa.Column("destination", sa.Text, primary_key=True),
        sa.Column("integration_id", sa.Text, primary_key=True),
        sa.Column("job_id", sa.String(200), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run", sa.String(40), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("bill", sa.JSON),
    )
