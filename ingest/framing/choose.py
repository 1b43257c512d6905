"""Which framing a file has, by its first bytes."""

from ingest.framing import documents
from ingest.framing.interface import LINES, Framing, Records
from ingest.lines import readable


def framing_of(head: bytes) -> Framing:
    """The framing of a file that begins so."""
    return documents.DOCUMENT if documents.fits(head) else LINES


def records_of(data: bytes) -> Records:
    """All records of a file's bytes, its last one without a line end included."""
    framing = framing_of(data[:4096])
    whole = data if framing is LINES else data[: framing.cut(data)]
    return framing.records(readable(whole, at_start=True))
