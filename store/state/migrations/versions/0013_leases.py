"""Leases: which process does which work, where several share a state.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

from store.state import types

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    moment = types.UtcDateTime(timezone=True)
    op.create_table(
        "leases",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("holder", sa.String(255), nullable=False),
        sa.Column("epoch", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("taken_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )


def downgrade() -> None:
    op.drop_table("leases")
