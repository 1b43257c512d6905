"""Where keys are listed, how inventory sources fare, and who excused which key.

A migration never drops what an older release still reads, and runs in one transaction.
"""

import sqlalchemy as sa
from alembic import op

from store.state import types

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = types.UtcDateTime(timezone=True)
    with op.batch_alter_table("keys", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source_last_used_detail", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("telemetry_since", moment, nullable=True))
        batch_op.add_column(sa.Column("removed_at", moment, nullable=True))
        batch_op.add_column(sa.Column("successor_by", sa.String(length=64), nullable=True))
    op.create_table(
        "key_listings",
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("key_id", sa.String(length=255), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("gone_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("source", "key_id", name=op.f("pk_key_listings")),
    )
    op.create_index(op.f("ix_key_listings_key_id"), "key_listings", ["key_id"], unique=False)
    op.create_table(
        "inventory_sources",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("keys", big, nullable=False),
        sa.Column("tried_at", moment, nullable=False),
        sa.Column("complete_at", moment, nullable=True),
        sa.Column("failed_since", moment, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_inventory_sources")),
    )
    op.create_table(
        "key_exceptions",
        sa.Column("id", big, autoincrement=True, nullable=False),
        sa.Column("key_id", sa.String(length=255), nullable=True),
        sa.Column("label", sa.String(length=255), nullable=True),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approver", sa.String(length=255), nullable=False),
        sa.Column("author", sa.String(length=255), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_exceptions")),
    )
    op.create_index(op.f("ix_key_exceptions_key_id"), "key_exceptions", ["key_id"], unique=False)


def downgrade() -> None:
    for name in ("key_exceptions", "inventory_sources", "key_listings"):
        op.drop_table(name)
    with op.batch_alter_table("keys", schema=None) as batch_op:
        for name in ("successor_by", "removed_at", "telemetry_since", "source_last_used_detail"):
            batch_op.drop_column(name)
