"""What a workspace refuses, and with which exit code."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from keywatch.collecting.ingesting import Ingested
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.errors import ConfigError, WorkspaceLocked
from store.events.files import path_of
from store.state.segments import ids
from store.sweeping import sweep_alone

Keywatch = Callable[..., tuple[int, str, str]]


def test_a_second_process_is_refused_with_75_while_the_workspace_is_held(
    workspace: Workspace, keywatch: Keywatch, tmp_path: Path, line: Callable[..., str]
) -> None:
    (tmp_path / "a.log").write_text(line(0))
    words = ("-c", workspace.root / "keywatch.toml", "ingest", tmp_path / "a.log")

    with workspace.lock("test"):
        code, out, err = keywatch(*words)

    assert (75, "") == (code, out)
    assert "Another keywatch is working" in err
    assert keywatch(*words)[0] == 0


def test_the_lock_is_free_again_after_an_error(workspace: Workspace) -> None:
    with pytest.raises(RuntimeError), workspace.lock("test"):
        raise RuntimeError

    with workspace.lock("test"), pytest.raises(WorkspaceLocked), workspace.lock("test"):
        pass


def test_what_is_written_is_for_the_owner_only(
    workspace: Workspace, ingest: Callable[..., Ingested], line: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "a.log").write_text("".join(line(n) for n in range(6000)))
    with workspace.lock("test"):
        ingest(tmp_path / "a.log")

    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [workspace.root, *workspace.root.rglob("*")]}

    assert {0o600} == {mode for path, mode in modes.items() if path.is_file()}
    assert {0o700} == {mode for path, mode in modes.items() if path.is_dir()}
    assert {".db", ".parquet", ".pepper", ".toml"} <= {path.suffix for path in modes}


def test_a_pepper_that_others_may_read_is_refused_with_4(
    workspace: Workspace, keywatch: Keywatch, tmp_path: Path
) -> None:
    (tmp_path / "a.log").write_text("x\n")
    (workspace.root / "keywatch.pepper").chmod(0o640)

    code, _, err = keywatch("-c", workspace.root / "keywatch.toml", "ingest", tmp_path / "a.log")

    assert code == 4
    assert "which others may read (mode 0640)" in err
    assert "chmod 600" in err


def test_a_pepper_that_is_none_is_refused_and_not_shown(workspace: Workspace) -> None:
    (workspace.root / "keywatch.pepper").write_text("1:not hexadecimal\n")

    with pytest.raises(ConfigError, match="is not <version>:<hex digits>") as caught:
        workspace.pepper  # noqa: B018 (reading it is what fails)

    assert "not hexadecimal" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "code", "message"),
    [
        ("missing.log", None, 1, "There is no file"),
        ("strange.log", "moon is full\n", 1, "The first line is: moon is full"),
        ("empty.log", "", 0, "no new"),
    ],
)
def test_bad_input_is_told_in_a_sentence_with_its_exit_code(
    workspace: Workspace, keywatch: Keywatch, tmp_path: Path, name: str, text: str | None, code: int, message: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)

    found, out, err = keywatch("-c", workspace.root / "keywatch.toml", "ingest", tmp_path / name)

    assert (code, "") == (found, out)
    assert message in err
    assert "Traceback" not in err


def test_files_of_writers_that_died_are_swept_and_those_of_segments_stay(
    workspace: Workspace, ingest: Callable[..., Ingested], line: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "a.log").write_text("".join(line(n) for n in range(6000)))
    ingest(tmp_path / "a.log")
    root = workspace.store.files.scratch
    with workspace.store.reading() as tx:
        live = ids(tx)
    kept = set(root.rglob("*.parquet"))
    folder = next(iter(kept)).parent
    dead = {
        folder / "20260101T000000000000-aaaa.events.parquet",
        folder / "20260101T000000000000-aaaa.usage.parquet.draft",
    }
    for path in dead:
        path.touch()

    assert {next(iter(dead)).name.partition(".")[0]} == sweep_alone(workspace.store, SystemClock().now())
    assert kept == set(root.rglob("*.parquet*"))
    assert {path_of(root, segment, kind) for segment in live for kind in ("events", "usage", "facets")} == kept  # type: ignore[arg-type]  # ids are texts
