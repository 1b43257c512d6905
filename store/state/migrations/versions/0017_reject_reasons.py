"""Rejects are counted by reason.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "reject_reasons",
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("rejects", big, nullable=False),
        sa.PrimaryKeyConstraint("source", "reason", name=op.f("pk_reject_reasons")),
    )


def downgrade() -> None:
    op.drop_table("reject_reasons")
