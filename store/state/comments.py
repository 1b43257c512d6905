"""What people wrote about incidents; nothing of it is changed or taken away."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from model.incident import Comment, IncidentId
from store.state.schema import CommentRow


def add(tx: Session, incident_id: str, *, at: datetime, author: str, text: str) -> None:
    """Write a comment."""
    tx.add(CommentRow(incident_id=incident_id, at=at, author=author, text=text))
    tx.flush()


def list_comments(tx: Session, incidents: Sequence[str]) -> list[Comment]:
    """The comments on these incidents, the oldest first."""
    query = select(CommentRow).where(CommentRow.incident_id.in_(list(incidents))).order_by(CommentRow.id)
    return [
        Comment(incident_id=IncidentId(row.incident_id), at=row.at, author=row.author, text=row.text)
        for row in tx.scalars(query)
    ]
