"""The audit log is keyed, append-only and knows its end; reports are campaigns; schedules; people's pseudonyms.

A migration never drops what an older release still reads, and runs in one transaction.
"""

import sqlalchemy as sa
from alembic import op

from store.state import types

revision = "0008"
down_revision = "0007"

_SQLITE = (
    "CREATE TRIGGER audit_log_{0} BEFORE {0} ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END"
)
_REFUSE = (
    "CREATE OR REPLACE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'audit_log is append-only'; END $$"
)
_POSTGRESQL = (
    "CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log"
    " FOR EACH ROW EXECUTE FUNCTION audit_log_refuse()"
)


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = types.UtcDateTime(timezone=True)
    op.add_column("audit_log", sa.Column("mac_key", sa.String(length=255), nullable=False, server_default=""))
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", big, nullable=False),
        sa.Column("hash", sa.String(length=255), nullable=False),
        sa.Column("mac", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.add_column("reports", sa.Column("stage", sa.String(length=255), nullable=False, server_default="rendered"))
    op.add_column("reports", sa.Column("decisions", big, nullable=False, server_default="0"))
    op.add_column("reports", sa.Column("closed_at", moment, nullable=True))
    op.add_column("reports", sa.Column("reminded_at", moment, nullable=True))
    op.create_table(
        "schedules",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedules")),
    )
    op.create_table(
        "people",
        sa.Column("id", big, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("erased_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_people_kind")),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(_SQLITE.format(deed))
    else:
        op.execute(_REFUSE)
        op.execute(_POSTGRESQL)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(f"DROP TRIGGER audit_log_{deed}")
    else:
        op.execute("DROP TRIGGER audit_log_append_only ON audit_log")
        op.execute("DROP FUNCTION audit_log_refuse()")
    for table in ("people", "schedules", "audit_head"):
        op.drop_table(table)
    with op.batch_alter_table("reports", schema=None) as batch_op:
        for column in ("stage", "decisions", "closed_at", "reminded_at"):
            batch_op.drop_column(column)
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.drop_column("mac_key")
