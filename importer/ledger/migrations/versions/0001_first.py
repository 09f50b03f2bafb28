"""The first ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the tables as of 0001. They are spelt out, because a migration must not change with the code."""
    op.create_table(
        "runs",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("command", sa.String(20), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished", sa.DateTime(timezone=True)),
        sa.Column("lease_until", sa.Float, nullable=False),
        sa.Column("files", sa.JSON, nullable=False),
        sa.Column("options", sa.JSON),
        sa.Column("plan", sa.Text),
        sa.Column("counts", sa.JSON),
        sa.Column("amounts", sa.JSON),
        sa.Column("results", sa.Text),
        sa.Column("results_sha256", sa.String(64)),
        sa.Column("exit_code", sa.Integer),
        sa.Column("stopped", sa.Text),
    )
    op.create_index("runs_by_start", "runs", ["started"])
    op.create_table(
        "invoices",
        sa.Column("key", sa.String(24), primary_key=True),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("integration_id", sa.Text, nullable=False),
        sa.Column("property_id", sa.Text, nullable=False),
        sa.Column("vendor_id", sa.Text, nullable=False),
        sa.Column("invoice_number", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("total_in_cents", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("owner", sa.String(40)),
        sa.Column("run", sa.String(40), nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("rows", sa.Text, nullable=False),
        sa.Column("plan", sa.Text),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("job_id", sa.Text),
        sa.Column("said", sa.Text),
        sa.Column("evidence", sa.JSON),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("invoices_by_state", "invoices", ["destination", "state"])
    op.create_index("invoices_by_owner", "invoices", ["owner"])
    op.create_index("invoices_by_run", "invoices", ["run"])
    op.create_index("invoices_by_job", "invoices", ["job_id"])
    op.create_table(
        "attempts",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run", sa.String(40), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("event", sa.String(20), nullable=False),
        sa.Column("fingerprint", sa.String(64)),
        sa.Column("file", sa.Text),
        sa.Column("rows", sa.Text),
        sa.Column("http_status", sa.Integer),
        sa.Column("job_id", sa.Text),
        sa.Column("detail", sa.Text),
    )
    op.create_index("attempts_by_key", "attempts", ["key"])
    op.create_index("attempts_by_job", "attempts", ["job_id"])
    op.create_table(
        "plans",
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("bodies", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "turns",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("turns_by_account", "turns", ["account", "at"])
    op.create_table(
        "gates",
        sa.Column("account", sa.String(200), primary_key=True),
        sa.Column("not_before", sa.Float, nullable=False),
        sa.Column("pauses", sa.Integer, nullable=False),
        sa.Column("limit_seen", sa.Integer),
        sa.Column("others", sa.Integer, nullable=False),
        sa.Column("seen_at", sa.Float, nullable=False),
    )
