"""Intents of writers that put segments on a server of events.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

from store.state import types

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "intents",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("from_offset", big, nullable=False),
        sa.Column("to_offset", big, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("made_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intents")),
    )


def downgrade() -> None:
    op.drop_table("intents")
