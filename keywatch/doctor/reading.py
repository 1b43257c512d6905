"""What comes in, and whether it is judged."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from ingest.sources import files
from keywatch.collecting.elsewhere import is_elsewhere
from keywatch.doctor.remark import Remark, fine, warning, wrong
from keywatch.workspace import Workspace
from model.errors import IngestError
from store.state import findings
from store.state import sources as source_state

_REJECTED: Final = 0.05
"""Of a source's lines, from which on its format is likely to be wrong."""
_LOOKED_AT: Final = 1000
"""Files of a source."""
_JUDGED: Final = timedelta(minutes=30)


def readable(workspace: Workspace, _now: datetime) -> Iterator[Remark]:
    """The files that each source names are there, and this user may read them; none is read."""
    for source in workspace.config.sources:
        if is_elsewhere(source) or source.path is None:
            continue
        errors: list[str] = []
        try:
            found = files.find([str(workspace.root / Path(source.path).expanduser())])
        except IngestError as error:
            yield wrong("sources", f"{source.name}: {error.what}", error.hint)
            continue
        for path in found[:_LOOKED_AT]:
            try:
                path.open("rb").close()
            except OSError as error:
                errors.append(f"{path} ({error.strerror})")
        if errors:
            said = f"{source.name}: {len(errors)} of {len(found)} files cannot be read, such as {errors[0]}."
            yield wrong("sources", said, "Let this user read them: by a group (adm on Debian), or setfacl -m u:USER:r.")


def sources(workspace: Workspace, now: datetime) -> Iterator[Remark]:
    """Each configured source was read, is not late, carries keys and rejects little."""
    with workspace.store.reading() as tx:
        frame = source_state.source_frame(tx, now)
    rows = {row["name"]: {str(name): value for name, value in row.items()} for row in frame.to_dict("records")}
    if not workspace.config.sources and not rows:
        yield warning("sources", "There are no sources.", "Add [[sources]] to keywatch.toml.")
    for source in workspace.config.sources:
        row = rows.pop(source.name, None)
        if row is None:
            yield warning("sources", f"{source.name} was never read.", f"keywatch ingest --source {source.name}")
        else:
            yield from _of_source(row)
    for row in rows.values():
        yield from _of_source(row | {"late": False})


def _of_source(row: dict[str, Any]) -> Iterator[Remark]:
    name, found = row["name"], list[Remark]()
    if row["last_error"]:
        said = f"{name} cannot be read: {row['last_error']}"
        found.append(wrong("sources", said, f"keywatch ingest --source {name}"))
    if row["lines"] and row["rejects"] > _REJECTED * row["lines"]:
        said = f"{name}: {row['rejects']:,} of {row['lines']:,} lines were rejected."
        found.append(warning("sources", said, "`keywatch formats test FILE` shows each with its reason."))
    if row["events"] and not row["reads_keys"]:
        said = f"{name}: no line carried a key."
        found.append(warning("sources", said, "Let the log carry it, and name its field: key = { field = … }."))
    if row["bytes_lost"]:
        said = f"{name}: {row['bytes_lost']:,} bytes vanished before they were read."
        found.append(warning("sources", said, "Read more often, or let the log keep more rotated files."))
    if row["late"]:
        said = f"{name} is late: its last event is of {row['last_event_at']:%Y-%m-%d %H:%M} UTC."
        found.append(warning("sources", said, "Is the log still written, and is `keywatch run` running?"))
    yield from found or [fine("sources", f"{name}: {row['events']:,} events, {row['rejects']:,} rejects.")]


def detection(workspace: Workspace, now: datetime) -> Iterator[Remark]:
    """The detectors ran lately, and none of them failed."""
    with workspace.store.reading() as tx:
        done = findings.judged(tx)
    latest = max((one.until for one in done.values()), default=None)
    if latest is None:
        yield warning("detection", "Nothing was judged yet.", "keywatch detect, or keywatch run")
    elif now - latest > _JUDGED:
        said = f"The last detection is of {latest:%Y-%m-%d %H:%M} UTC."
        yield warning("detection", said, "Let `keywatch run` run, or call `keywatch detect` by a timer.")
    else:
        yield fine("detection", f"{len(done)} detectors have judged up to {latest:%H:%M} UTC.")
