"""What people said of findings, and why one is muted.

A migration never drops what an older release still reads, and runs in one transaction.
"""

import sqlalchemy as sa
from alembic import op

from store.state import types

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("muted_by", sa.Text(), nullable=True))
    op.create_table(
        "verdicts",
        sa.Column("id", big, autoincrement=True, nullable=False),
        sa.Column("at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("verdict", sa.String(length=255), nullable=False),
        sa.Column("incident_id", sa.String(length=255), nullable=False),
        sa.Column("finding_id", sa.String(length=255), nullable=False),
        sa.Column("detector", sa.String(length=255), nullable=False),
        sa.Column("key_id", sa.String(length=255), nullable=True),
        sa.Column("addresses", sa.JSON(), nullable=False),
        sa.Column("since", types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdicts")),
    )
    op.create_index(op.f("ix_verdicts_finding_id"), "verdicts", ["finding_id"], unique=False)
    op.create_index(op.f("ix_verdicts_detector"), "verdicts", ["detector"], unique=False)


def downgrade() -> None:
    op.drop_table("verdicts")
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.drop_column("muted_by")
