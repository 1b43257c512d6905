"""An exception's compensating control: what protects the key meanwhile.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    with op.batch_alter_table("key_exceptions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("control", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("key_exceptions", schema=None) as batch_op:
        batch_op.drop_column("control")
