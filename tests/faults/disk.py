"""A disk of our own, in a namespace of mounts that nobody else sees: it can be filled, and made read-only."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


class Disk:
    """A tmpfs at a path. Processes that `start` starts see it there; this one sees it at `here`."""

    def __init__(self, path: Path, megabytes: int) -> None:
        path.mkdir(exist_ok=True)
        script = f"mount -t tmpfs -o size={megabytes}m,mode=700 tmpfs {path} && echo mounted && exec sleep 600"
        words = ["unshare", "-m", "--propagation", "private", "sh", "-euc", script]
        self._holder = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.path = path
        if self._holder.stdout is None or self._holder.stdout.readline() != "mounted\n":
            self.close()
            pytest.skip("mounts of our own need more rights than we have")
        self.here = Path(f"/proc/{self._holder.pid}/root{path}")

    def start(self, *words: object, **options: Any) -> "subprocess.Popen[str]":  # noqa: ANN401 (subprocess's own)
        """A program that sees the disk."""
        inside = ["nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt", f"--wd={ROOT}", *map(str, words)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
        return subprocess.Popen(inside, **pipes)

    def run(self, *words: object) -> str:
        """The same, to its end; it has to end well."""
        process = self.start(*words)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        return str(out)

    def remount(self, how: str) -> None:
        """`ro`, `rw`."""
        self.run("mount", "-o", f"remount,{how}", self.path)

    def fill(self) -> None:
        """Leave no room at all."""
        with (self.here / "filler").open("wb") as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
                    file.flush()
            except OSError:
                pass

    def make_room(self) -> None:
        """The opposite."""
        (self.here / "filler").unlink()

    def close(self) -> None:
        """The disk goes with its last process."""
        self._holder.kill()
        self._holder.communicate()


@pytest.fixture
def make_disk(tmp_path: Path) -> Iterator[Callable[[int], Disk]]:
    """`make_disk(megabytes)`: empty."""
    if os.geteuid() or not (shutil.which("unshare") and shutil.which("nsenter")):
        pytest.skip("mounts of our own need root")
    made: list[Disk] = []

    def make(megabytes: int) -> Disk:
        made.append(Disk(tmp_path / "disk", megabytes))
        return made[-1]

    yield make
    for disk in made:
        disk.close()
