"""Drop folders: who the ledger is, who watches, what was taken, and what keeps a folder waiting."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Adds what 0004 has besides. Spelt out, because a migration must not change with the code."""
    op.create_table(
        "identity",
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "folders",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("rounds", sa.JSON, nullable=False),
    )
    op.create_table(
        "watchers",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("folder", sa.String(40), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("machine", sa.Text),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.Float, nullable=False),
    )
    op.create_index("watchers_by_folder", "watchers", ["folder"])
    op.create_table(
        "drops",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("folder", sa.String(40), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("dropped_by", sa.Text),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("owner", sa.String(40)),
        sa.Column("worker", sa.Integer),
        sa.Column("not_before", sa.Float, nullable=False),
        sa.Column("pauses", sa.Integer, nullable=False),
        sa.Column("deaths", sa.Integer, nullable=False),
        sa.Column("posting", sa.Boolean, nullable=False),
        sa.Column("place", sa.Text),
        sa.Column("exit_code", sa.Integer),
        sa.Column("run", sa.String(40)),
        sa.Column("plan", sa.Text),
        sa.Column("approved", sa.Text),
        sa.Column("approved_by", sa.Text),
        sa.Column("said", sa.Text),
        sa.Column("message", sa.Text),
        sa.Column("told", sa.JSON, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("drops_by_state", "drops", ["folder", "state"])
    op.create_index("drops_by_content", "drops", ["sha256"])
    op.create_index("drops_by_place", "drops", ["folder", "place"], unique=True)
    op.create_table(
        "troubles",
        sa.Column("folder", sa.String(40), primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("told", sa.DateTime(timezone=True)),
    )
