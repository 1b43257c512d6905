"""What cursors know of lost bytes, links, long lines, directives and broken files.

A migration never drops what an older release still reads, and runs in one transaction.
"""

import sqlalchemy as sa
from alembic import op

from store.state import types

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table("cursors", schema=None) as batch_op:
        batch_op.add_column(sa.Column("target", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("size", big, nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("missing", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("overlong", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("context", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("broken", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lost_at", types.UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.drop_column("lost_at")
    with op.batch_alter_table("cursors", schema=None) as batch_op:
        for name in ("broken", "context", "overlong", "missing", "size", "target"):
            batch_op.drop_column(name)
