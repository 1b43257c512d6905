"""Bytes and rotations of a source are counted.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
_COLUMNS = ("bytes", "renames", "rewrites")


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table("sources", schema=None) as batch_op:
        for name in _COLUMNS:
            batch_op.add_column(sa.Column(name, big, nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("sources", schema=None) as batch_op:
        for name in _COLUMNS:
            batch_op.drop_column(name)
