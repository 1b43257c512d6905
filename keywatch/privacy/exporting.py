"""What is known of a person, an address or a key, handed out."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from keywatch.noting import note
from keywatch.privacy.subject import DataSubject, data_subject
from keywatch.workspace import Workspace
from store.queries.requests import latest
from store.state import mentions, segments

_ALL: Final = 10_000_000
"""Events of one person or key that are handed out at most."""


def export(workspace: Workspace, text: str, *, at: datetime) -> Iterator[dict[str, object]]:
    """Every row of the state that mentions it, then its events if it is a key or an address.

    Each is `{"table": name, **row}`; the handing out is noted in the audit log. Raises UsageError.
    """
    subject = data_subject(workspace, text)
    note(workspace, "privacy exported", f"by {subject.kind}", at=at)
    with workspace.store.reading() as tx:
        for table, row in mentions.mentions(tx, subject.names):
            yield {"table": table, **row}
    yield from _events(workspace, subject)


def _events(workspace: Workspace, subject: DataSubject) -> Iterator[dict[str, object]]:
    with workspace.store.reading() as tx:
        span = segments.span(tx)
    if span is None or subject.kind == "person" or (subject.kind == "key" and not subject.refs):
        return
    with workspace.store.reader(span) as reader:
        for ip in subject.addresses or (None,):
            found = latest(reader, span, key_refs=list(subject.refs) or None, ip=ip, limit=_ALL)
            for event in found.astype(object).where(found.notna(), None).to_dict("records"):
                yield {"table": "events", **{str(name): one for name, one in event.items()}}
