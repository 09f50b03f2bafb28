"""The ledger's tables. A test holds them and the migrations to the same result."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    true,
)

METADATA = MetaData()


class MomentColumn(TypeDecorator[datetime]):
    """A moment with its time zone, also on SQLite, which keeps none: UTC inside, aware outside."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the base names it
        """Into the database."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the base names it
        """Out of it."""
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


RUNS = Table(
    "runs",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("command", String(20), nullable=False),
    Column("who", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("machine", Text),  # where that process id means something; None where it cannot be told
    Column("destination", Text, nullable=False),
    Column("started", MomentColumn, nullable=False),
    Column("finished", MomentColumn),
    Column("lease_until", Float, nullable=False),  # seconds since 1970 by the ledger's clock; 0 once it has ended
    Column("files", JSON, nullable=False),
    Column("options", JSON),  # how the files were read; None for a run that read none
    Column("plan", Text),
    Column("counts", JSON),
    Column("amounts", JSON),
    Column("results", Text),
    Column("results_sha256", String(64)),  # of the workbook as it was written
    Column("results_due", Boolean),  # true while the workbook may lag behind what the ledger knows
    Column("exit_code", Integer),
    Column("stopped", Text),
    Column("names", JSON),  # what names in its files were found to mean
    Index("runs_by_start", "started"),
)

INVOICES = Table(
    "invoices",
    METADATA,
    Column("key", String(24), primary_key=True),
    Column("destination", Text, nullable=False),
    Column("integration_id", Text, nullable=False),
    Column("property_id", Text, nullable=False),
    Column("vendor_id", Text, nullable=False),
    Column("invoice_number", Text, nullable=False),  # as the vendor writes it
    Column("fingerprint", String(64), nullable=False),
    Column("body", Text, nullable=False),  # the request's JSON
    Column("total_in_cents", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),
    Column("owner", String(40)),  # the run that may change it
    Column("run", String(40), nullable=False),  # the run that planned it
    Column("file", Text, nullable=False),
    Column("rows", Text, nullable=False),  # "2, 3"
    Column("sheets", Text),  # JSON: the sheet of each row, or of all of them; None for one posted before this was kept
    Column("plan", Text),  # the plan under which it was sent
    Column("sent_at", MomentColumn),  # when the intent of the last attempt was written
    Column("job_id", Text),
    Column("said", Text),  # the last words of the API or of ResMan
    Column("evidence", JSON),
    Column("alarm", String(20)),  # why a person must look first; None: no alarm
    Column("refusal", String(20)),  # of one that failed: how it is known that ResMan has not taken it
    Column("changed_at", MomentColumn, nullable=False),
    Column("like_number", String(24)),  # the same for the same number and amount; see `claims.likenesses_of`
    Column("like_day", String(24)),  # the same for the same vendor, amount and date
    Index("invoices_by_state", "destination", "state"),
    Index("invoices_by_owner", "owner"),
    Index("invoices_by_run", "run"),
    Index("invoices_by_job", "job_id"),
    Index("invoices_by_vendor", "destination", "vendor_id"),
    Index("invoices_by_file", "file"),
    Index("invoices_by_total", "destination", "total_in_cents"),
    Index("invoices_by_sending", "destination", "sent_at"),
    Index("invoices_by_like_number", "like_number"),
    Index("invoices_by_like_day", "like_day"),
)

CLAIMS = Table(
    "claims",
    METADATA,
    Column("key", String(24), primary_key=True),
    Column("identity", String(24), primary_key=True),  # of a row of a vendor's file
    Column("original", String(24), nullable=False),  # the table that it stood in when the invoice was last planned
    Column("holds", String(24)),  # the identity, until another invoice has claimed it; then None
    Column("beside", String(24), nullable=False),  # "", or the key, where a person lets it go beside another
    Index("claims_held", "holds", "beside", unique=True),
)
"""Which rows of vendors' files each invoice is made of, whatever file brought them. One invoice holds each."""

ORIGINALS = Table(
    "originals",
    METADATA,
    Column("id", String(24), primary_key=True),  # of destination, content and sheet
    Column("destination", Text, nullable=False),
    Column("sha256", String(64), nullable=False),  # of the file
    Column("since", MomentColumn, nullable=False),
    Column("rows", LargeBinary, nullable=False),  # zlib over JSON: of each row number, identity and five facts
    Index("originals_by_content", "sha256"),
)
"""The tables of vendors' files that something was sent from, as they were first read."""

ROW_MARKS = Table(
    "row_marks",
    METADATA,
    Column("mark", String(24), primary_key=True),  # of destination and facts; see `lineage.marks_of`
    Column("identity", String(24), nullable=False),
    Column("original", String(24), nullable=False),  # the newest table that the row stands in
)
"""What each row that was ever read to be sent is found by."""

ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("key", String(24), nullable=False),
    Column("at", MomentColumn, nullable=False),
    Column("run", String(40), nullable=False),
    Column("who", Text, nullable=False),
    Column("event", String(20), nullable=False),
    Column("fingerprint", String(64)),
    Column("file", Text),
    Column("rows", Text),
    Column("http_status", Integer),
    Column("job_id", Text),
    Column("detail", Text),
    Column("journal", String(40)),  # of an intent: the journal of the home that it was sent from
    Column("seq", BigInteger),  # its place there, from 1
    Column("chain", String(32)),  # over it and all before it there
    Index("attempts_by_key", "key"),
    Index("attempts_by_job", "job_id"),
    Index("attempts_by_journal", "journal", "seq", unique=True),
)
"""Append-only: what was tried, when, by whom, from which file and rows, and what came back."""

PROOFS = Table(
    "proofs",
    METADATA,
    Column("destination", Text, primary_key=True),
    Column("kind", String(10), primary_key=True),  # "job" of the API, or "invoice" in ResMan
    Column("id", Text, primary_key=True),
    Column("key", String(24), nullable=False),
    Column("at", MomentColumn, nullable=False),
    Column("run", String(40), nullable=False),
    Index("proofs_by_key", "key"),
)
"""What invoices stand on: one job, or one invoice in ResMan, is that of one invoice of this ledger and of no other."""

PLANS = Table(
    "plans",
    METADATA,
    Column("id", String(80), primary_key=True),
    Column("made_at", MomentColumn, nullable=False),
    Column("who", Text, nullable=False),
    Column("bodies", LargeBinary, nullable=False),  # zlib over one request body a line
)

TURNS = Table(
    "turns",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("account", Text, nullable=False),
    Column("at", Float, nullable=False),  # seconds since 1970 by the ledger's clock: the API has counted it by then
    Column("answered", Boolean, nullable=False, server_default=true()),
    Index("turns_by_account", "account", "at"),
)

GATES = Table(
    "gates",
    METADATA,
    Column("account", String(200), primary_key=True),
    Column("not_before", Float, nullable=False),
    Column("pauses", Integer, nullable=False),  # 429 answers since the last good one
    Column("limit_seen", Integer),
    Column("others", Integer, nullable=False),  # requests in the last window that were not ours
    Column("seen_at", Float, nullable=False),
)

ACCEPTANCES = Table(
    "acceptances",
    METADATA,
    Column("key", String(24), primary_key=True),
    Column("at", MomentColumn, nullable=False),
    Column("run", String(40), nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("fingerprint", String(64)),  # of what was let go; None: decided before this was kept
    Column("shown", JSON),  # what was let go, a mark for each likeness; None: as above
)
"""Invoices that a person lets go although they look like another bill, and why."""

CONTENTS = Table(
    "contents",
    METADATA,
    Column("run", String(40), primary_key=True),
    Column("file", Text, primary_key=True),  # as `invoices` has it
    Column("sha256", String(64), primary_key=True),
    Index("contents_by_sha256", "sha256"),
)
"""What the files held that a run posted from, written before anything of them is sent."""

IDENTITY = Table(
    "identity", METADATA, Column("name", String(20), primary_key=True), Column("value", Text, nullable=False)
)
"""Who this ledger is, for what must not work with two: a random name under "ledger"."""

JOURNALS = Table(
    "journals",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("intents", BigInteger, nullable=False),  # so many were written there
    Column("invoices", BigInteger, nullable=False),  # so many of them were the first of their invoice
    Column("chain", String(32), nullable=False),  # of the last one
)
"""The journals of the homes that use this ledger; under "" what was sent before there were any."""

SEEN_LOGS = Table(
    "seen_logs",
    METADATA,
    Column("destination", Text, primary_key=True),
    Column("integration_id", Text, primary_key=True),
    Column("until", MomentColumn, nullable=False),  # by the API's clock
)
"""Up to when the API's write logs were looked through, and hold nothing that is not known here."""

STRANGERS = Table(
    "strangers",
    METADATA,
    Column("destination", Text, primary_key=True),
    Column("integration_id", Text, primary_key=True),
    Column("job_id", String(200), primary_key=True),
    Column("at", MomentColumn, nullable=False),
    Column("run", String(40), nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("bill", JSON),  # what is known of its invoice; None: the API does not show it
)
"""Jobs of other programs and people, or of a ledger that is lost, which a person has acknowledged, and why."""

FOLDERS = Table(
    "folders",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("path", Text, nullable=False),  # as the last watcher sees it
    Column("rounds", JSON, nullable=False),  # what is done from time to time → when last, seconds since 1970
)
"""Drop folders."""

WATCHERS = Table(
    "watchers",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("folder", String(40), nullable=False),
    Column("who", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("machine", Text),  # as in `runs`
    Column("started", MomentColumn, nullable=False),
    Column("lease_until", Float, nullable=False),  # as in `runs`
    Index("watchers_by_folder", "folder"),
)

DROPS = Table(
    "drops",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("folder", String(40), nullable=False),
    Column("name", Text, nullable=False),  # as it was dropped
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64)),
    Column("dropped_by", Text),  # the account that the file belonged to; None where that cannot be told
    Column("taken_at", MomentColumn, nullable=False),
    Column("state", String(10), nullable=False),
    Column("owner", String(40)),  # the watcher that may change it
    Column("worker", Integer),  # the process that works on it, on the owner's machine
    Column("not_before", Float, nullable=False),  # seconds since 1970 by the ledger's clock
    Column("pauses", Integer, nullable=False),  # how often it was put off since it was taken
    Column("deaths", Integer, nullable=False),  # how often work on it ended without a word
    Column("posting", Boolean, nullable=False),  # True once something of it may have been sent
    Column("place", Text),  # where it lies, or is being moved to: "done/2026-03/march.xlsx"
    Column("exit_code", Integer),
    Column("run", String(40)),
    Column("plan", Text),
    Column("approved", Text),  # the plan that was approved
    Column("approved_by", Text),
    Column("said", Text),  # what became of it, in a sentence
    Column("message", Text),  # what people are to be told of it, until they are
    Column("told", JSON, nullable=False),  # what people were told of it: kind → when
    Column("changed_at", MomentColumn, nullable=False),
    Index("drops_by_state", "folder", "state"),
    Index("drops_by_content", "sha256"),
    Index("drops_by_place", "folder", "place", unique=True),
)
"""Files that were taken from drop folders."""

TROUBLES = Table(
    "troubles",
    METADATA,
    Column("folder", String(40), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("since", MomentColumn, nullable=False),
    Column("said", Text, nullable=False),
    Column("told", MomentColumn),
)
"""What keeps a whole folder waiting, and whether people know."""

VERSION = Table("alembic_version", METADATA, Column("version_num", String(32), primary_key=True))
