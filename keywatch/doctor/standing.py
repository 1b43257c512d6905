"""What is kept: the state and its schema, the segments' files, the inventory."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from keywatch.doctor.remark import Remark, fine, warning, wrong
from keywatch.workspace import Workspace
from store.compaction import due
from store.state import audit, inventory, segments
from store.state.upgrade import schema_of

_MANY: Final = 500
"""Open segments, from which on each question opens too many files."""
_LOOKED_AT: Final = 1000
"""Of the newest segments, where looking means to count on a server; of files all are looked for."""
_AHEAD: Final = timedelta(hours=1)
_BACKUP: Final = timedelta(days=2)
"""The timer in contrib makes one each night."""


def state(workspace: Workspace, _now: datetime) -> Iterator[Remark]:
    """The database can be opened, and its schema is ours."""
    store = workspace.store
    yield fine("state", f"{store.state.dialect.name} is open, schema {schema_of(store.state)}.")


def events(workspace: Workspace, now: datetime) -> Iterator[Remark]:
    """Every file that the manifest names is there, and times are not ahead of the clock."""
    store = workspace.store
    with store.reading() as tx:
        manifest = segments.overlapping(tx, None)
        span = segments.span(tx)
    if span is None:
        yield warning("events", "There are no events.", "keywatch ingest /var/log/nginx/access.log*")
        return
    missing = store.events.missing(manifest, most=_LOOKED_AT)
    count = sum(one.rows for one in manifest)
    if missing:
        yield wrong(
            "events",
            f"{len(missing)} files or batches of segments are missing, such as {missing[0]}.",
            "Put them back from a backup: `keywatch store restore`.",
        )
    else:
        yield fine("events", f"{count:,} events in {len(manifest):,} segments; nothing is missing.")
    if len(manifest) > _MANY and any(due(manifest, now)):
        yield warning("events", f"{len(manifest):,} segments are open.", "keywatch store compact")
    if span.until > now + _AHEAD:
        yield warning(
            "events",
            f"Some events are ahead of this clock: {span.until:%Y-%m-%d %H:%M} UTC.",
            "Check the clock and the zone of the machine that writes the log, and of this one.",
        )


def keys(workspace: Workspace, _now: datetime) -> Iterator[Remark]:
    """There is an inventory, and it can tell whose a request is."""
    with workspace.store.reading() as tx:
        known, blind = inventory.counts(tx)
    if not known:
        yield warning(
            "keys",
            "The inventory is empty: keys have no names, and none can be stale.",
            "keywatch keys import keys.csv --hash-keys",
        )
        return
    if blind:
        yield warning(
            "keys",
            f"{blind} of {known} keys have neither an id in the logs nor a fingerprint.",
            "Import the column `secret` with --hash-keys, or let the log carry the key's id.",
        )
    else:
        yield fine("keys", f"{known} keys are known.")


def backup(workspace: Workspace, now: datetime) -> Iterator[Remark]:
    """Where backups are made, the last one is no older than two days."""
    with workspace.store.reading() as tx:
        last = audit.last(tx, "store backed up")
    if last is not None and now - last > _BACKUP:
        said = f"The last backup is of {last:%Y-%m-%d %H:%M} UTC."
        yield warning("backup", said, "keywatch store backup FOLDER, or look at keywatch-backup.timer.")
    elif last is not None:
        yield fine("backup", f"The last backup is of {last:%Y-%m-%d %H:%M} UTC.")
