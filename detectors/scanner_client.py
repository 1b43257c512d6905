"""scanner-client: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from detectors.columns import among
from detectors.declare import DAY, HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.calls import Calls, calls_of, many
from detectors.shared.lifetimes import known_refs
from model.finding import Severity
from model.tools import SECRET_SCANNERS
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its line."""

    requests: int = 1
    """Calls of a tool with a key in an hour."""
    strangers: int = 20
    """Calls of a tool from one address without a key in an hour: fewer are the internet's noise, a hundred a week."""


@detector(
    id="scanner-client",
    severity=Severity.INFO,
    kind="rule",
    frames=("scanner_hours", "key_refs"),
    settings=Settings,
    quiet=DAY,
    bucket=HOUR,
    attack=("T1595.002",),
    owasp=("API8:2023",),
    controls=("CC6.6", "CC7.1"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """A hacking tool calls.

    The user agent names a scanner (sqlmap, nikto, ffuf, Burp and others: SigmaHQ's web_susp_useragents, Elastic's "Web
    Server Suspicious User Agent Requests", CrowdSec's bad user agents). Medium with a key that works or that the
    inventory lists. Otherwise info about an address with 20 calls in an hour: the internet is full of them, and one
    that looks in once is no news. Secret scanners with a key are left to `leaked-key-signs`.

    Why it matters: with a valid key, a scanner sees what strangers do not.

    False alarms: your own penetration test; put it into the calendar.

    What to do: ask the key's owner whether the test is theirs. If not, revoke the key and read what the tool found:
    its successful calls.
    """
    found = frames["scanner_hours"].dropna(subset=["tool"])
    known = among(found["key_ref"], known_refs(frames)) | (found["key_ref"].notna() & (found["ok"] > 0))
    keyed = found[known & ~found["tool"].isin(SECRET_SCANNERS)]
    return to_frame([*_of_keys(keyed, settings), *_of_addresses(found[~known], settings)])


def _of_keys(found: pd.DataFrame, settings: Settings) -> Iterator[Scored]:
    for (ref, _), group in found.groupby(["key_ref", "hour"]):
        calls, tools = calls_of(group), _tools(group)
        if calls.requests >= settings.requests:
            origin = f" from {calls.ip}" if calls.ip else ""
            title = f"{tools} calls with key {{key}}{origin}: {{count}} calls"
            yield _row(group, calls, tools, title, key_ref=str(ref))


def _of_addresses(found: pd.DataFrame, settings: Settings) -> Iterator[Scored]:
    for (ip, _), group in found.groupby(["ip", "hour"]):
        calls, tools = calls_of(group), _tools(group)
        if calls.requests >= settings.strangers:
            title = f"{tools} calls from {ip} without a valid key: {{count}} calls"
            yield _row(group, calls, tools, title)


def _tools(group: pd.DataFrame) -> str:
    return " and ".join(sorted(set(group["tool"]))[:3])


def _row(group: pd.DataFrame, calls: Calls, tools: str, title: str, key_ref: str | None = None) -> Scored:
    return Scored(
        bucket=moment(group["hour"].iloc[0]),
        subject=f"key:{key_ref}" if key_ref else f"ip:{calls.ip}",
        key_ref=key_ref,
        ip=calls.ip,
        severity=Severity.MEDIUM if key_ref else None,
        score=1.0 + min(calls.requests, 1000) / 1000,
        count=calls.requests,
        first_seen=calls.first,
        last_seen=calls.last,
        title=title,
        summary=f"{many(calls.requests, 'call')} in an hour, {calls.ok} of them successful, by {tools}.",
        detail={"tools": tools, "succeeded": calls.ok, "attacker": calls.ip if key_ref else None},
    )
