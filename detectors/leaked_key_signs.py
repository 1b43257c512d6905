"""leaked-key-signs: see the docstring of `score`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from detectors.declare import DAY, HOUR, NEWCOMERS, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.calls import calls_of
from detectors.shared.lifetimes import deaths, known_refs
from model.finding import Severity
from model.tools import SECRET_SCANNERS
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What marks a bait."""

    label: str = "canary"
    """The label of keys that nobody may use: its value is anything but false, no and 0."""


@detector(
    id="leaked-key-signs",
    severity=Severity.HIGH,
    kind="rule",
    frames=("scanner_hours", "origin_hours", "keys", "key_refs"),
    by_key=("origin_hours",),
    named_by=(NEWCOMERS,),
    settings=Settings,
    quiet=DAY,
    bucket=HOUR,
    attack=("T1552.001", "T1528"),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC7.2", "CC7.3"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """Somebody found a key where it should not be.

    A key with the label `canary` is used at all: critical (it was laid out to be found; Thinkst's canaries, Panther's
    rule for them). Or a secret scanner (TruffleHog, Gitleaks, KeyHacks, Nuclei; SigmaHQ's rules for TruffleHog) tries
    a key of the inventory: critical when it succeeds, high when the key lives and the try failed, low when the key had
    ended. A key that no inventory lists and that succeeds is critical too.

    Why it matters: such tools do not guess; they read the key in a repository, an image or a log, and try it.

    False alarms: your own scan of your repositories, with verification switched on.

    What to do: revoke the key now. Then find the place: search your repositories, images, tickets and logs for it, and
    list what the key was used for since it was made.
    """
    rows = [*_scanned(frames), *_baits(frames, settings.label)]
    best: dict[tuple[str, Any], Scored] = {}
    for row in rows:  # a bait that a scanner found is one finding
        best.setdefault((row.subject, row.bucket), row)
        if row.severity == Severity.CRITICAL:
            best[row.subject, row.bucket] = row
    return to_frame(best.values())


def _scanned(frames: Frames) -> Iterator[Scored]:
    found = frames["scanner_hours"].dropna(subset=["key_ref"])
    found = found[found["tool"].isin(SECRET_SCANNERS)]
    known, dead = known_refs(frames), _dead_at(frames)
    for (key_ref, _), group in found.groupby(["key_ref", "hour"]):
        if key_ref in known or group["ok"].sum():
            yield _of_scanner(group, dead.get(str(key_ref)))


def _of_scanner(group: pd.DataFrame, dead_at: pd.Timestamp | None) -> Scored:
    calls, key_ref, tool = calls_of(group), str(group["key_ref"].iloc[0]), str(group["tool"].iloc[0])
    over = dead_at is not None and pd.Timestamp(calls.first) > dead_at
    severity = Severity.CRITICAL if calls.ok else Severity.LOW if over else Severity.HIGH
    verb = "and it works" if calls.ok else "but the key had ended" if over else "and was refused"
    origin = f" from {calls.ip}" if calls.ip else ""
    return Scored(
        bucket=moment(group["hour"].iloc[0]),
        subject=f"key:{key_ref}",
        key_ref=key_ref,
        ip=calls.ip,
        severity=severity,
        score=2.0 if calls.ok else 1.0,
        count=calls.requests,
        first_seen=calls.first,
        last_seen=calls.last,
        title=f"The secret scanner {tool} tried key {{key}}{origin}, {verb}",
        summary=f"{calls.requests} calls, {calls.ok} of them successful. Such tools try what they found somewhere.",
        detail={"tool": tool, "succeeded": calls.ok} | ({"attacker": calls.ip} if calls.ip else {}),
    )


def _dead_at(frames: Frames) -> dict[str, pd.Timestamp]:
    keys = frames["keys"]
    ends = deaths(keys).assign(key_id=keys["key_id"]).dropna(subset=["dead_at", "key_id"])
    refs = frames["key_refs"][["key_ref", "key_id"]].dropna().merge(ends, on="key_id")
    return dict(zip(refs["key_ref"], refs["dead_at"], strict=True))


def _baits(frames: Frames, label: str) -> Iterator[Scored]:
    keys = frames["keys"].dropna(subset=["key_id"])
    baits = set(keys.loc[[marked(labels, label) for labels in keys["labels"]], "key_id"])
    refs = frames["key_refs"].loc[frames["key_refs"]["key_id"].isin(baits), "key_ref"]
    used = frames["origin_hours"][frames["origin_hours"]["key_ref"].isin(set(refs.dropna()))]
    for _, group in used.groupby(["key_ref", "hour"]):
        calls, key_ref = calls_of(group), str(group["key_ref"].iloc[0])
        yield Scored(
            bucket=moment(group["hour"].iloc[0]),
            subject=f"key:{key_ref}",
            key_ref=key_ref,
            ip=calls.ip,
            severity=Severity.CRITICAL,
            score=2.0,
            count=calls.requests,
            first_seen=calls.first,
            last_seen=calls.last,
            title="The canary key {key} was used: {count} calls" + (f" from {calls.ip}" if calls.ip else ""),
            summary="It was laid out to be found, and nobody who may use keys has a reason to use it.",
            detail={"succeeded": calls.ok} | ({"attacker": calls.ip} if calls.ip else {}),
        )


def marked(labels: object, label: str) -> bool:
    """Whether labels (a table or a list of words) have the label, with a value that does not say no."""
    if isinstance(labels, Mapping):
        said = {str(name).lower(): str(value).strip().lower() for name, value in labels.items()}
        return label in said and said[label] not in {"false", "no", "0"}
    return isinstance(labels, list) and label in {str(name).lower() for name in labels}
