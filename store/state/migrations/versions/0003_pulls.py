"""Sources that are no local files, and backfills.

A migration never drops what an older release still reads, and runs in one transaction.
"""

import sqlalchemy as sa
from alembic import op

from store.state import types

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "pulls",
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("position", sa.JSON(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_pulls")),
    )
    op.create_index(op.f("ix_pulls_source"), "pulls", ["source"], unique=False)
    op.create_table(
        "pulled_ids",
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("newest", big, nullable=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "epoch", name=op.f("pk_pulled_ids")),
    )
    op.create_table(
        "backfills",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("since", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_backfills")),
    )
    op.create_index(op.f("ix_backfills_source"), "backfills", ["source"], unique=False)


def downgrade() -> None:
    for name in ("backfills", "pulled_ids", "pulls"):
        op.drop_table(name)
