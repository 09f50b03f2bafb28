"""How alembic runs the migrations: on the connection that the ledger has opened, inside its transaction."""

from __future__ import annotations

from alembic import context

from importer.ledger.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
