"""What each source logged, by the hour of its events: so that a silence in the past is seen in a history, too.

What is known of the past by the reader's clock stands in for it; a migration never drops what an older release reads.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

from store.state import types

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "event_hours",
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("hour", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("events", big, nullable=False),
        sa.Column("rejects", big, nullable=False),
        sa.Column("first_seen", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_seen", types.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("source", "hour", name=op.f("pk_event_hours")),
    )
    known = (
        "INSERT INTO event_hours (source, hour, events, rejects) SELECT source, hour, events, rejects FROM source_hours"
    )
    op.execute(known)


def downgrade() -> None:
    op.drop_table("event_hours")
