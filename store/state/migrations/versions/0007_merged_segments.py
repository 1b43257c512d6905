"""Segments that were merged into others, and those whose events went.

A migration never drops what an older release still reads, and runs in one transaction.
"""

import sqlalchemy as sa
from alembic import op

from store.state import types

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table("segments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("level", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("events_dropped_at", types.UtcDateTime(timezone=True), nullable=True))
    op.create_table(
        "merged_segments",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("from_offset", big, nullable=False),
        sa.Column("to_offset", big, nullable=False),
        sa.Column("from_line", big, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("rejects", sa.Integer(), nullable=False),
        sa.Column("min_ts", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("max_ts", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ingested_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("into", sa.String(length=255), nullable=False),
        sa.Column("merged_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merged_segments")),
    )
    for column in ("source", "ingested_at", "merged_at"):
        op.create_index(op.f(f"ix_merged_segments_{column}"), "merged_segments", [column], unique=False)


def downgrade() -> None:
    op.drop_table("merged_segments")
    with op.batch_alter_table("segments", schema=None) as batch_op:
        batch_op.drop_column("events_dropped_at")
        batch_op.drop_column("level")
