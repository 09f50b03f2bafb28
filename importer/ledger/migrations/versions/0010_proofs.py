"""What invoices stand on, each for one alone; alarms and kinds of refusals as facts; failures that prove nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from importer.ledger.refusals import refusal_of
from importer.ledger.tables import MomentColumn

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Adds what 0010 has besides. Jobs go to the invoice that had them first. What was called failed in words that
    prove nothing is in doubt from now on, so that nothing of it goes again without a look."""
    op.create_table(
        "proofs",
        sa.Column("destination", sa.Text, primary_key=True),
        sa.Column("kind", sa.String(10), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("key", sa.String(24), nullable=False),
        sa.Column("at", MomentColumn, nullable=False),
        sa.Column("run", sa.String(40), nullable=False),
    )
    op.create_index("proofs_by_key", "proofs", ["key"])
    op.add_column("invoices", sa.Column("alarm", sa.String(20)))
    op.add_column("invoices", sa.Column("refusal", sa.String(20)))
    op.create_index("invoices_by_sending", "invoices", ["destination", "sent_at"])
    connection = op.get_bind()
    connection.execute(sa.text(_JOBS))
    connection.execute(sa.text(_ALARMS))
    failed = connection.execute(sa.text("SELECT key, said FROM invoices WHERE state = 'failed' AND owner IS NULL"))
    for key, said in failed.all():
        refusal = refusal_of([said or ""])
        if refusal is not None:
            change = sa.text("UPDATE invoices SET refusal = :refusal WHERE key = :key")
            connection.execute(change, {"refusal": refusal.value, "key": key})
        else:
            change = sa.text("UPDATE invoices SET state = 'in_doubt', said = :said WHERE key = :key")
            words = f"ResMan may have it or not (failure): {said or 'it does not say why'}"
            connection.execute(change, {"said": words, "key": key})


_JOBS = """
INSERT INTO proofs (destination, kind, id, key, at, run)
SELECT invoices.destination, 'job', attempts.job_id, attempts.key, attempts.at, attempts.run
FROM attempts JOIN invoices ON invoices.key = attempts.key
WHERE attempts.id IN (
    SELECT min(a.id) FROM attempts a JOIN invoices i ON i.key = a.key
    WHERE a.job_id IS NOT NULL AND a.event <> 'late answer' GROUP BY i.destination, a.job_id
)
"""
_ALARMS = "UPDATE invoices SET alarm = 'twice' WHERE state = 'in_doubt' AND said LIKE 'ALARM%'"
