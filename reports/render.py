"""Writes a report's files: into a folder beside the final one first, so that nobody ever sees half a report."""

from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from model.errors import ReportError
from reports import document, manifest, ocsf
from reports.draft import drafting
from reports.manifest import REPORT
from reports.page import page
from reports.parts import Part, Written
from reports.sheets import sheets
from reports.signing import SigningKey
from reports.snapshot import Snapshot
from reports.texts import iso


def render(
    snapshot: Snapshot,
    folder: Path,
    *,
    key: SigningKey | None = None,
    beside: Iterable[Part] = (),
    anew: bool = False,
    with_pdf: bool = False,
) -> dict[str, str]:
    """Write the files of a report into `folder`; returns each file's name and its SHA-256.

    The data files, report.html, `with_pdf` also report.pdf (which needs the extra `pdf`), then manifest.json with its
    signature by `key`; readable by their owner only. The same snapshot gives the same bytes. `beside` are files that
    lie there and are not sealed. A rendered report in `folder` is replaced, an opened or closed one is not unless
    `anew` says that nobody has heard of it; other files there stay. Raises ReportError.
    """
    if not anew and manifest.stage(folder) not in {None, "rendered"}:
        msg = f"{folder} holds a sealed report."
        raise ReportError(msg, hint="Name another folder with -o; a sealed report is never changed.")
    with drafting(folder) as draft:
        for part in data(snapshot):
            draft.add(part)
        listed = list(draft.written.values())
        draft.add(Part(name="report.html", pieces=page(snapshot, listed)))
        if with_pdf:
            draft.add(Part(name="report.pdf", pieces=_pdf(snapshot, listed)))
        manifest.close(draft, REPORT, _head(snapshot), key)
        sealed = {name: one.sha256 for name, one in draft.written.items()}
        for part in beside:
            draft.add(part)
    return sealed


def data(snapshot: Snapshot) -> Iterator[Part]:
    """The files for machines."""
    yield from sheets(snapshot)
    yield Part(name="report.json", pieces=document.pieces(snapshot))
    yield Part(name="findings.ocsf.json", pieces=ocsf.pieces(snapshot), rows=ocsf.count(snapshot))


def has_pdf() -> bool:
    """Whether the extra `pdf` is installed."""
    return find_spec("reportlab") is not None


def _pdf(snapshot: Snapshot, listed: Sequence[Written]) -> Iterator[bytes]:
    if not has_pdf():
        msg = "A PDF needs ReportLab, which is not installed."
        raise ReportError(msg, hint="pip install keywatch[pdf], or take [reports] pdf out of keywatch.toml.")
    from reports.pdf import pdf

    yield pdf(snapshot, listed)


def _head(snapshot: Snapshot) -> dict[str, object]:
    cover, previous = snapshot.cover, snapshot.previous
    return {
        "report_id": cover.report_id,
        "stage": cover.stage,
        "period": cover.period,
        "since": iso(cover.since),
        "until": iso(cover.until),
        "generated_at": iso(cover.generated_at),
        "generated_by": cover.generated_by,
        "tool_version": cover.tool_version,
        "config_hash": cover.config_hash,
        "previous": previous
        and {
            "report_id": previous.report_id,
            "period": previous.period,
            "manifest_sha256": previous.manifest_sha256,
        },
        "audit_log": snapshot.mark and {"seq": snapshot.mark.seq, "hash": snapshot.mark.hash},
    }
