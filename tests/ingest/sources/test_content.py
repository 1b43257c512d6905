import gzip
import os
from pathlib import Path

import pytest

from ingest.sources.content import HEAD, Content, digest
from model.errors import IngestError

TEXT = b"".join(b"line %d of some text\n" % n for n in range(20_000))


@pytest.fixture(params=["plain", "gz"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    found = tmp_path / f"a.{request.param}"
    found.write_bytes(gzip.compress(TEXT) if request.param == "gz" else TEXT)
    return found


def test_head_leaves_the_content_at_its_start(path: Path) -> None:
    with Content(path) as content:
        head = content.head()

        assert TEXT[:HEAD] == head
        assert TEXT == content.read(len(TEXT) + 1)


@pytest.mark.parametrize("offset", [0, 1, 1023, 1024, 1025, 100_000, len(TEXT)])
def test_skipping_hashes_the_bytes_before_the_offset(path: Path, offset: int) -> None:
    with Content(path) as content:
        found = content.skip_to(offset)

        assert digest(TEXT[max(0, offset - 1024) : offset]) == found
        assert TEXT[offset : offset + 50] == content.read(50)


def test_skipping_beyond_the_end_gives_no_hash(path: Path) -> None:
    with Content(path) as content:
        assert content.skip_to(len(TEXT) + 1) == ""


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_all_that_a_truncated_gz_holds_is_read(tmp_path: Path, share: float) -> None:
    packed = gzip.compress(os.urandom(50_000) + TEXT)
    path = tmp_path / "half.gz"
    path.write_bytes(packed[: int(len(packed) * share)])

    with Content(path) as content:
        head = content.head()
        found = content.read(1 << 30)

    assert len(head) == HEAD
    assert found.startswith(head)
    assert len(found) > 50_000 * share * 0.5
    assert content.broken is not None


def test_a_short_truncated_gz_gives_its_first_bytes_after_its_head_too(tmp_path: Path) -> None:
    packed = gzip.compress(b"first line\n" * 30)
    path = tmp_path / "short.gz"
    path.write_bytes(packed[:-9])

    with Content(path) as content:
        head = content.head()

        assert head.startswith(b"first line\n")
        assert head == content.read(1 << 20)


def test_a_gz_of_several_members_is_one_content(tmp_path: Path) -> None:
    path = tmp_path / "two.gz"
    path.write_bytes(gzip.compress(b"one\n") + gzip.compress(b"two\n"))

    with Content(path) as content:
        assert content.read(100) == b"one\ntwo\n"


@pytest.mark.parametrize("what", ["missing", "fifo", "folder", "dangling"])
def test_what_is_no_file_is_refused_in_a_sentence(tmp_path: Path, what: str) -> None:
    path = tmp_path / what
    match what:
        case "fifo":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "dangling":
            path.symlink_to(tmp_path / "nowhere")

    with pytest.raises(IngestError, match=rf"{what} (cannot be read: No such file|is no regular file)") as caught:
        Content(path)

    assert caught.value.hint
