"""What came of each source, by the hour: so a silent, late or rejecting one shows.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

from store.state import types

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "source_hours",
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("hour", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lines", big, nullable=False),
        sa.Column("events", big, nullable=False),
        sa.Column("rejects", big, nullable=False),
        sa.Column("oldest", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("newest", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lag_seconds", big, nullable=True),
        sa.PrimaryKeyConstraint("source", "hour", name=op.f("pk_source_hours")),
    )


def downgrade() -> None:
    op.drop_table("source_hours")
