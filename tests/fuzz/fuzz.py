"""Reads very many hostile lines of every format, and says what broke: `fuzz.py [LINES] [SEED] [FORMAT…]`."""

import random
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent))

import lines
import nasty
from invariants import Reader, broken

from ingest.formats.interface import KeyPlace, Options
from ingest.formats.registry import FORMATS

BLOCK: Final = 400
_SHARES: Final = (0.05, 0.15, 0.9)


@cache
def options_of(name: str) -> Options:
    """What the file beside a sample says."""
    beside = nasty.SAMPLES / f"{name}.toml"
    told: dict[str, Any] = tomllib.loads(beside.read_text()) if beside.exists() else {}
    key, kind = told.pop("key", None), told.pop("kind", "secret")
    return Options(keys=(KeyPlace(name=key, kind=kind),) if key else (), **told)


@cache
def _samples() -> dict[str, list[bytes]]:
    return {name: [line.encode() for line in own] for name, own in nasty.samples().items()}


def faults(reader: Reader, name: str, seed: object, *, size: int = BLOCK) -> list[str]:
    """What breaks in a block of one format; the same for a seed."""
    rng = random.Random(f"{seed} {name}")
    share, quotes = rng.choice(_SHARES), rng.random() < 0.1
    made, good = lines.block(rng, name, _samples(), lines=size, share=share, quotes=quotes)
    if FORMATS[name].directive is not None:
        good.clear()  # what such lines say hangs on the directives before them
    plan = FORMATS[name].plan(nasty.samples()[name], options_of(name))
    return [f"{name} {seed}: {fault}" for fault in broken(reader, made, good, plan)]


def main(total: int, seed: int, names: Sequence[str]) -> int:
    """Read so many lines; the exit code."""
    started, found, read = time.monotonic(), list[str](), 0
    reader = Reader()
    for number in range(max(1, total // BLOCK // len(names))):
        for name in names:
            found += faults(reader, name, f"{seed}.{number}")
            read += BLOCK
    reader.close()
    sys.stdout.writelines(f"{fault[:1500]}\n" for fault in found)
    taken = time.monotonic() - started
    sys.stdout.write(f"{Counter(fault.split()[0] for fault in found)}\n")
    sys.stdout.write(f"{read} lines, {len(found)} faults, {taken:.0f} s\n")
    return bool(found)


if __name__ == "__main__":
    told = sys.argv[1:]
    sys.exit(main(int(told[0]) if told else 1_000_000, int(told[1]) if told[1:] else 1, told[2:] or list(FORMATS)))
