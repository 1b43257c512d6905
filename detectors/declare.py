"""How a detector is declared: a decorated pure function with its facts, and a docstring that people read."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal

import pandas as pd

from detectors.frames import reaching
from detectors.scores import SCORE_COLUMNS
from model.errors import DetectorError
from model.finding import Severity
from model.window import Window

Kind = Literal["rule", "statistical", "standing"]
Frames = Mapping[str, pd.DataFrame]
ScoreFunction = Callable[[Frames, Window, Any], pd.DataFrame]

NEWCOMERS: Final = "newcomers"
"""Names the keys that did something new, and those that are odd in another way (store/queries/newcomers.py)."""

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

_SECTIONS: Final = ("Why it matters", "False alarms", "What to do")
_REQUIRED: Final = tuple(c for c in SCORE_COLUMNS if c not in ("severity", "p", "tests", "ip", "key_id", "key_ref"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A detector's facts and its function."""

    id: str
    severity: Severity
    """Of a finding whose rows name no other."""
    kind: Kind
    """rule: fires at score 1; statistical: fires at the p-value that the budget allows; standing: judged as of the
    window's end."""
    frames: tuple[str, ...]
    """The frames it reads, of `detectors.frames.FRAMES`."""
    attack: tuple[str, ...]
    """MITRE ATT&CK technique ids."""
    owasp: tuple[str, ...]
    """OWASP API Security Top 10 (2023) ids."""
    controls: tuple[str, ...]
    """Ids of audit controls."""
    settings: type[Any]
    """A frozen dataclass; each field has a default."""
    quiet: timedelta
    """Buckets nearer than this belong to one finding; so much silence resolves it."""
    bucket: timedelta
    """The length of a bucket; a bucket is judged when it has passed."""
    title: str
    logic: str
    """What it notices, with the thresholds and where they come from."""
    why: str
    false_alarms: str
    runbook: str
    function: ScoreFunction = field(repr=False)
    by_key: tuple[str, ...] = ()
    """Of its frames, those that are read for the keys in question alone (keywatch/detecting/narrowing.py says what
    comes with a key); every other frame is read whole."""
    named_by: tuple[str, ...] = ()
    """Which keys are in question: NEWCOMERS, or those that stand in these frames."""
    later: tuple[str, ...] = ()
    """Of its frames, those that are not read for it unless `asks` says so of the others."""
    asks: Callable[[Frames], bool] | None = field(default=None, repr=False)
    waits: bool = False
    """It judges silence: a bucket that the log had not reached is judged again by the next cycle."""

    def score(self, frames: Frames, window: Window, settings: object) -> pd.DataFrame:
        """The rows (columns SCORE_COLUMNS) of the buckets that end in (since, until], oldest first.

        So each bucket is judged in one window only, whatever the windows are. `frames` are conformed ones.
        A standing detector's rows are those that hold at `until`. Raises DetectorError when a column is missing.
        """
        near = {name: reaching(name, frames[name], window) for name in self.frames}
        rows = self.function(near, window, settings)
        if missing := [column for column in _REQUIRED if column not in rows.columns]:
            msg = f"The detector {self.id} returned no column {', '.join(missing)}."
            raise DetectorError(msg)
        if self.kind != "standing":
            ends = rows["bucket"] + self.bucket
            rows = rows[(ends > window.since) & (ends <= window.until)]
        return rows.sort_values(["bucket", "subject"], kind="stable").reset_index(drop=True)


def narrow(frame: str) -> str:
    """The name of a frame that is cut to the keys in question."""
    return f"{frame} of some"


def detector(
    *,
    id: str,  # noqa: A002 (the word of the contract)
    severity: Severity,
    kind: Kind,
    frames: tuple[str, ...],
    settings: type[Any],
    quiet: timedelta,
    bucket: timedelta = HOUR,
    attack: tuple[str, ...] = (),
    owasp: tuple[str, ...] = (),
    controls: tuple[str, ...] = (),
    by_key: tuple[str, ...] = (),
    named_by: tuple[str, ...] = (),
    later: tuple[str, ...] = (),
    asks: Callable[[Frames], bool] | None = None,
    waits: bool = False,
) -> Callable[[ScoreFunction], Detector]:
    """Turn a function of (frames, window, settings) into a `Detector`.

    Its docstring has a title and the sections Why it matters, False alarms and What to do; DetectorError otherwise.
    `by_key`, `named_by`, `later` and `asks` say what need not be read, `waits` what is judged again, as in `Detector`.
    """

    def declare(function: ScoreFunction) -> Detector:
        title, sections = _read(id, inspect.getdoc(function) or "")
        return Detector(
            id=id,
            severity=severity,
            kind=kind,
            frames=frames,
            attack=attack,
            owasp=owasp,
            controls=controls,
            settings=settings,
            quiet=quiet,
            bucket=bucket,
            title=title,
            logic=sections["logic"],
            why=sections["Why it matters"],
            false_alarms=sections["False alarms"],
            runbook=sections["What to do"],
            function=function,
            by_key=by_key,
            named_by=named_by,
            later=later,
            asks=asks,
            waits=waits,
        )

    return declare


def _read(name: str, text: str) -> tuple[str, dict[str, str]]:
    """A docstring's title and its sections, each as one paragraph."""
    title, *paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    sections = {"logic": ""}
    for paragraph in paragraphs:
        head, _, rest = paragraph.partition(": ")
        if head in _SECTIONS:
            sections[head] = rest[:1].upper() + rest[1:]
        else:
            sections["logic"] += ("\n\n" if sections["logic"] else "") + paragraph
    if not title or (missing := [section for section in _SECTIONS if not sections.get(section)]):
        msg = f"The docstring of {name} lacks {', '.join(missing) if title else 'a title'}."
        raise DetectorError(msg, hint="Write a title, then paragraphs that begin 'Why it matters: ' and so on.")
    return title.rstrip("."), sections
