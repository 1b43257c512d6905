"""${message}

A migration never drops what an older release still reads, and runs in one transaction.
"""

import sqlalchemy as sa
from alembic import op

from store.state import types

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
