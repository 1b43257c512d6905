"""Log files: read in blocks of complete lines, each with the cursor that is stored beside it.

More than 150 lines with what a block is and how its cursor moves, which is one idea with reading it.
"""

import codecs
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from ingest.block import BlockFiles, Held
from ingest.framing.interface import LINES, Framing
from ingest.sources.content import HEAD, TAIL, Content, digest
from ingest.sources.cutting import BLOCK_LINES, MAX_LINE, Cutter, Piece
from ingest.sources.directives import directive
from ingest.sources.encoding import PLAIN, encoding_of
from ingest.sources.finding import find
from ingest.sources.left_out import LeftOut
from ingest.sources.links import left_behind
from ingest.sources.matching import Look, look
from ingest.sources.vanished import vanished
from model.errors import IngestError
from model.segment import Cursor

__all__ = ["BLOCK_BYTES", "MAX_LINE", "Block", "LeftOut", "Look", "blocks", "find", "left_behind", "look", "vanished"]

BLOCK_BYTES: Final = 26 << 20
"""Unpacked bytes that are parsed at once, and with BLOCK_LINES what bounds the memory of an ingest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Complete lines of one file, and how its cursor moves when they are stored."""

    data: bytes = b""
    """In UTF-8; empty when only the cursor moves, a line was left out, or it is held."""
    held: Held | None = None
    """The lines, ready to be parsed, where they lie in a file in memory."""
    head: bytes
    """The file's first bytes, in UTF-8; formats are recognised by them."""
    before: Cursor | None
    after: Cursor
    done: float
    """Share of the file that has been read, 0 to 1."""
    truncated: str | None = None
    """Why the compressed data ends early; follows the file's name in a sentence."""
    context: str = ""
    """The directive (`#Fields: …`) in force where the block begins."""
    left_out: LeftOut | None = None
    """A line that is no record, and becomes a reject."""

    @property
    def before_lines(self) -> int:
        """The file's lines before the block."""
        return self.before.lines if self.before else 0


def blocks(
    seen: Look,
    source: str,
    *,
    taken: frozenset[str],
    now: float,
    framing: Callable[[bytes], Framing] = lambda _head: LINES,
    size: int | None = None,
    max_line: int = MAX_LINE,
    memory: BlockFiles | None = None,
) -> Iterator[Block]:
    """The file's new lines.

    `taken` are origins in use; `now` is the clock in epoch seconds; `framing` gives, for a file's head, where
    its records end; lines longer than `max_line` bytes are left out; `memory` has files that blocks may be copied into,
    each of which somebody must release. Raises IngestError when the file went away, is
    no longer the one that was looked at, or lies outside of the look's roots.
    """
    with Content(seen.path, seen.roots) as content:
        head = content.head()
        if not head:
            return
        cursor = seen.cursor or _fresh(content, source, head, taken)
        if content.inode != seen.inode or (cursor.offset and content.skip_to(cursor.offset) != cursor.tail_hash):
            raise _rotated(content)
        finished = lambda: _is_final(content, seen, now)  # noqa: E731 (asked at the end of the file only)
        known = seen.cursor
        yield from blocks_of(
            content,
            cursor,
            known,
            head=head,
            is_final=finished,
            framing=framing,
            size=size,
            max_line=max_line,
            memory=memory,
        )


def blocks_of(
    content: Content,
    cursor: Cursor,
    before: Cursor | None,
    *,
    head: bytes,
    is_final: Callable[[], bool],
    framing: Callable[[bytes], Framing],
    size: int | None = None,
    max_line: int = MAX_LINE,
    memory: BlockFiles | None = None,
) -> Iterator[Block]:
    """The new lines of open content that `cursor` continues; `before` is the cursor as the state has it."""
    content.skip_to(cursor.offset)
    encoding = encoding_of(head)
    text = encoding.text(head)
    frame = framing(text)
    by_line = not frame.raw and not frame.name.startswith("document")
    plainly = encoding == PLAIN and not text.startswith(codecs.BOM_UTF8) and not _has_directives(text, cursor)
    cutter = Cutter(
        read=content.read,
        up_to_line_end=content.up_to_line_end if encoding == PLAIN else lambda size: size,
        hold=partial(content.hold, memory) if memory is not None and plainly else lambda _size: None,
        framing=frame,
        encoding=encoding,
        size=(size or _size(text)) // 2 * 2,
        max_line=max_line,
        tail=TAIL,
        overlong=cursor.overlong,
        unfinished=by_line and cursor.offset > 0 and not cursor.overlong and not encoding.at_line(content.before),
        is_final=is_final,
    )
    yield from _blocks(content, cursor, before, cutter, head)


def _size(head: bytes) -> int:
    return min(BLOCK_BYTES, BLOCK_LINES * len(head) // max(1, head.count(b"\n")))


def _blocks(content: Content, cursor: Cursor, before: Cursor | None, cutter: Cutter, head: bytes) -> Iterator[Block]:
    text = cutter.encoding.text(head)
    tail, directives = content.before, _has_directives(text, cursor)
    for piece in cutter.pieces():
        # Somebody who rewrote the file while it was read changed its beginning, or what we read last.
        if not content.holds(0, head) or not content.holds(cursor.offset - len(tail), tail):
            raise _rotated(content)
        tail = piece.tail if len(piece.tail) >= TAIL else (tail + piece.tail)[-TAIL:]
        after = _advance(cursor, piece, content, head, tail=tail)
        if directives:
            after = replace(after, context=directive(piece.text) or cursor.context)
        whole = cutter.ended and not cutter.left
        if whole:
            after = _at_end(content, after)
        yield Block(
            data=piece.text,
            held=piece.held,
            head=text,
            before=before,
            after=after,
            done=_done(content, after.offset),
            truncated=content.broken if whole else None,
            context=cursor.context,
            left_out=piece.left_out,
        )
        cursor = before = after
        if whole:
            return
    last = _at_end(content, cursor, whole=not cutter.left)
    if content.broken or (before is not None and last != before):
        yield Block(data=b"", head=text, before=before, after=last, done=1.0, truncated=content.broken)


def _has_directives(head: bytes, cursor: Cursor) -> bool:
    return bool(cursor.context) or head.lstrip(b"\xef\xbb\xbf").startswith(b"#") or b"\n#" in head


def _is_final(content: Content, seen: Look, now: float) -> bool:
    """Whether a last line without a line end will never be finished."""
    return not content.broken and (content.compressed or abs(now - content.modified) > seen.idle)


def _rotated(content: Content) -> IngestError:
    msg = f"{content.path} was rotated while it was being read."
    return IngestError(msg, hint="Nothing is lost: the next ingest reads what is left.")


def _fresh(content: Content, source: str, head: bytes, taken: frozenset[str]) -> Cursor:
    first = head.split(b"\n", 1)[0]
    # Without the name: two readers that see the file before and after a rename have to want the same cursor.
    text = f"{source}\x1f{content.identity}\x1f{digest(first)}"
    base = hashlib.sha256(text.encode()).hexdigest()[:20]
    origin, again = base, 1
    while origin in taken:
        again += 1
        origin = f"{base}.{again}"
    return Cursor(source=source, origin=origin, path=str(content.path))


def _advance(cursor: Cursor, piece: Piece, content: Content, head: bytes, *, tail: bytes) -> Cursor:
    """The cursor after a piece; `tail` are up to TAIL bytes before its new offset."""
    offset = cursor.offset + piece.size
    head_size = min(HEAD, offset, len(head))
    counted = int(piece.left_out is not None and not piece.left_out.again)
    return replace(
        cursor,
        path=str(content.path),
        target=_target(content, cursor),
        offset=offset,
        lines=cursor.lines + piece.lines + counted,
        head_size=head_size,
        head_hash=digest(head[:head_size]),
        tail_hash=digest(tail),
        signature=f"{content.inode}::",
        size=offset + max(0, content.unread(offset)),
        missing=False,
        overlong=piece.overlong,
        broken="",
    )


def _at_end(content: Content, cursor: Cursor, *, whole: bool = True) -> Cursor:
    """The cursor once there is nothing more to read now: known content under a new name need not be opened again.

    Only a file read to its end may be passed over while it stays unchanged, and one that is broken.
    """
    passed = content.signature if whole or content.broken else f"{content.inode}::"
    return replace(
        cursor,
        path=str(content.path),
        target=_target(content, cursor),
        signature=passed,
        size=cursor.offset + max(0, content.unread(cursor.offset)),
        missing=False,
        broken=content.broken or "",
    )


def _target(content: Content, cursor: Cursor) -> str:
    """A file that a link led to stays one when it is read by its own name."""
    return content.target or (cursor.target if cursor.target == str(content.path) else "")


def _done(content: Content, offset: int) -> float:
    return 1.0 - min(1.0, max(0, content.unread(offset)) / content.size) if content.size else 1.0
