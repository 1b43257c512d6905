"""auth-burst-network: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors import distributed_guessing
from detectors.declare import DAY, MINUTE, Frames, detector
from detectors.scores import Scored, to_frame
from detectors.shared.bursts import Burst, bursts, counting, listed, over_the_line, recent
from detectors.shared.remember import remembered
from detectors.shared.tried import FRAMES, tried
from detectors.shared.windows import sliding_distinct
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its line."""

    failures: int = 20
    """Failed calls within `span`; three quarters as many must not come from the address that failed most."""
    span: timedelta = timedelta(minutes=15)
    addresses: int = 5
    """Different addresses that failed within `span`."""
    keys: int = 3
    """Different keys tried within `span`."""
    share: float = 0.5
    """Failed calls as a share of the network's calls within `span`."""


@detector(
    id="auth-burst-network",
    severity=Severity.HIGH,
    kind="rule",
    frames=FRAMES,
    settings=Settings,
    quiet=DAY,
    bucket=MINUTE,
    attack=("T1110",),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.6", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """Burst of failed calls from many addresses of one network.

    At least 20 calls answered 401 or 403 within 15 minutes from 5 addresses of one /24 (/48 for IPv6), 15 of them not
    from the address that failed most, with 3 different keys, that are at least half of the network's calls. The pace
    is that of Panther's BruteForceByIP (20 in 60 min) four times over, for a network has more innocent tenants than an
    address. Failures of a key at a network where it had succeeded do not count. auth-burst-address is silent about
    the addresses while this tells. Silent about a network that made less than a tenth of what distributed-guessing
    tells.

    Why it matters: whoever spreads an attack over neighbouring addresses does so to stay below the limits of each.

    False alarms: a cloud network in which several customers move in at once with wrong keys.

    What to do: block the network at the edge for some hours, and look for calls from it that succeeded
    (burst-then-success tells of them by itself). Rotate keys that were tried and exist.
    """
    minutes, spread = tried(frames), distributed_guessing.Settings()
    found = _bursts(minutes, settings)
    lines = pd.DataFrame([(burst.subject, burst.minute) for burst in found], columns=["network", "minute"])
    parts = distributed_guessing.networks_taking_part(minutes, spread)
    small = recent(parts, lines.astype(parts.dtypes.to_dict()), "network", spread.span)
    return to_frame(_row(burst, settings) for burst, part in zip(found, small, strict=True) if not part)


def over(minutes: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The minutes at which a network is over the line: network, minute."""
    told = [(burst.subject, burst.minute) for burst in _bursts(minutes, settings)]
    frame = pd.DataFrame(told, columns=["network", "minute"])
    return frame.astype({"network": minutes["network"].dtype, "minute": minutes["minute"].dtype})


@remembered
def _bursts(minutes: pd.DataFrame, settings: Settings) -> list[Burst]:
    rows = counting(minutes, "strange")
    found = bursts(rows, "network", _lines(rows, settings), settings.span)
    return [burst for burst in found if _spread(burst, settings)]


def _lines(minutes: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    paced = over_the_line(minutes, "network", at_least=settings.failures, span=settings.span, share=settings.share)
    failed = minutes[(minutes["failures"] > 0) & minutes["network"].isin(set(paced["network"])) & minutes["ip"].notna()]
    least, span = settings.addresses, settings.span
    many = sliding_distinct(failed, by="network", at="minute", value="ip", span=span, least=least)
    lines = paced.drop(columns="before").merge(many[["network", "minute"]], on=["network", "minute"])
    return lines.assign(before=lines.groupby("network")["minute"].shift(1))


def _spread(burst: Burst, settings: Settings) -> bool:
    """Whether it is an attack of many addresses rather than one of them with company."""
    rest = burst.failures - int(burst.failed.groupby("ip")["failures"].sum().max())
    folded = int(burst.failed.loc[burst.failed["key_ref"].isna(), "refs"].sum())
    return rest >= settings.failures * 0.75 and burst.failed["key_ref"].nunique() + folded >= settings.keys


def _row(burst: Burst, settings: Settings) -> Scored:
    addresses = int(burst.failed["ip"].nunique())
    folded = int(burst.failed.loc[burst.failed["key_ref"].isna(), "refs"].sum())
    keys = int(burst.failed["key_ref"].nunique()) + folded
    minutes = int(settings.span.total_seconds() // 60)
    return Scored(
        bucket=burst.minute,
        subject=f"network:{burst.subject}",
        score=burst.failures / settings.failures,
        count=burst.new,
        first_seen=burst.first_seen,
        last_seen=burst.last_seen,
        title=f"{{count}} failed calls from many addresses of {burst.subject}",
        summary=f"At its peak {burst.failures} of {burst.requests} calls within {minutes} minutes failed, from "
        f"{addresses} addresses of {burst.subject}, with {keys:,} different keys.",
        detail={
            "failures": burst.failures,
            "addresses": addresses,
            "keys": keys,
            "attackers": listed(burst.failed["ip"]),
        },
    )
