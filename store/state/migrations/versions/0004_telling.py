"""Silences, snoozes, comments, and how targets fare.

A migration never drops what an older release still reads, and runs in one transaction.
"""

import sqlalchemy as sa
from alembic import op

from store.state import types

revision = "0004"
down_revision = "0003"

_WORD = sa.String(length=255)
_MOMENT = types.UtcDateTime(timezone=True)


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("incidents", sa.Column("snoozed_until", _MOMENT, nullable=True))
    op.add_column("deliveries", sa.Column("replayed_at", _MOMENT, nullable=True))
    op.create_table(
        "comments",
        sa.Column("id", big, autoincrement=True, nullable=False),
        sa.Column("incident_id", _WORD, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("author", _WORD, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    op.create_index(op.f("ix_comments_incident_id"), "comments", ["incident_id"], unique=False)
    op.create_table(
        "silences",
        sa.Column("id", big, autoincrement=True, nullable=False),
        sa.Column("when", sa.JSON(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", _WORD, nullable=False),
        sa.Column("expired_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silences")),
    )
    op.create_index(op.f("ix_silences_until"), "silences", ["until"], unique=False)
    op.create_table(
        "target_health",
        sa.Column("name", _WORD, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("open_until", _MOMENT, nullable=True),
        sa.Column("sent_at", _MOMENT, nullable=True),
        sa.Column("failed_at", _MOMENT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_target_health")),
    )


def downgrade() -> None:
    for name in ("target_health", "silences", "comments"):
        op.drop_table(name)
    op.drop_column("deliveries", "replayed_at")
    op.drop_column("incidents", "snoozed_until")
