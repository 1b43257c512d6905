"""Who is attacking, or attacked, and when: what burst-then-success joins a success to.

Each frame has a subject (ip, network or key_ref), `minute` (it was over a detector's line then) and `began` (before
that the attack had not begun).
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import pandas as pd

from detectors import (
    auth_burst_address,
    auth_burst_key,
    auth_burst_network,
    credential_stuffing,
    distributed_guessing,
    key_guessing,
    key_spraying,
    slow_and_low,
)
from detectors.declare import DAY, HOUR, MINUTE, Frames
from detectors.shared.bursts import Burst

_QUARTER = timedelta(minutes=15)


class Heat:
    """The attacks of one set of frames; `minutes` are `tried`."""

    def __init__(self, frames: Frames, minutes: pd.DataFrame) -> None:
        self._minutes = minutes
        found = list(slow_and_low.lines(frames, slow_and_low.Settings()))
        # Hot from the end of an hour on in which they were over the line.
        self._slow = {
            by: _began(_typed([(b.subject, b.minute + HOUR) for column, b in found if column == by], by, minutes), DAY)
            for by in ("ip", "network", "key_ref")
        }
        mine = auth_burst_key.Settings()
        lines = [auth_burst_key.over(minutes, mine), auth_burst_key.paced(minutes, mine)]
        self._burst = pd.concat([each[["key_ref", "minute"]] for each in lines]).sort_values(["key_ref", "minute"])
        self.addresses = self._addresses()
        """Addresses that took part in an attack of any kind: ip, minute, began."""
        self.networks = self._networks()
        """Networks of such addresses, and those that are over a line by themselves: network, minute, began."""
        self.keys = self._keys()
        """Keys that were under attack from places that are not theirs: key_ref, minute, began."""

    def _addresses(self) -> pd.DataFrame:
        minutes = self._minutes
        lines = [
            (key_guessing.over(minutes, key_guessing.Settings()), HOUR),
            (credential_stuffing.over(minutes, credential_stuffing.Settings()), _QUARTER),
            (auth_burst_address.over(minutes, auth_burst_address.Settings()), _QUARTER),
            (auth_burst_address.paced(minutes, auth_burst_address.Settings()), HOUR),
            (key_spraying.over(minutes, key_spraying.Settings()), key_spraying.Settings().slow_span),
        ]
        spread = distributed_guessing.attackers(minutes, distributed_guessing.Settings())
        parts = [
            *(_began(over[["ip", "minute"]], span) for over, span in lines),
            _of_keys(minutes, self._burst),
            _taking_part(spread, minutes, timedelta(minutes=30)),
            self._slow["ip"],
        ]
        return pd.concat(parts).drop_duplicates(["ip", "minute"])

    def _networks(self) -> pd.DataFrame:
        minutes = self._minutes
        networks = minutes[["ip", "network"]].dropna().drop_duplicates("ip")
        parts = [
            self.addresses.merge(networks, on="ip")[["network", "minute", "began"]],
            _began(auth_burst_network.over(minutes, auth_burst_network.Settings()), _QUARTER),
            _began(key_guessing.over_networks(minutes, key_guessing.Settings()), HOUR),
            self._slow["network"],
        ]
        return pd.concat(parts).drop_duplicates(["network", "minute"])

    def _keys(self) -> pd.DataFrame:
        spread = distributed_guessing.keys(self._minutes, distributed_guessing.Settings())[["key_ref", "minute"]]
        parts = [_began(self._burst, _QUARTER), _began(spread, timedelta(minutes=30)), self._slow["key_ref"]]
        return pd.concat(parts).drop_duplicates(["key_ref", "minute"])


def _began(lines: pd.DataFrame, span: timedelta) -> pd.DataFrame:
    return lines.assign(began=lines["minute"] - span)


def _of_keys(minutes: pd.DataFrame, over: pd.DataFrame) -> pd.DataFrame:
    """Addresses that failed with a key within the span of its burst."""
    settings = auth_burst_key.Settings()
    over = over.assign(hot=over["minute"]).sort_values("minute", kind="stable")
    failed = minutes.loc[minutes["strange"] > 0, ["key_ref", "ip", "minute"]].dropna()
    near = pd.merge_asof(
        failed, over, on="minute", by="key_ref", direction="forward", tolerance=pd.Timedelta(settings.span - MINUTE)
    ).dropna(subset=["hot"])
    return _began(near.assign(minute=near["hot"])[["ip", "minute"]], _QUARTER)


def _taking_part(bursts: Iterable[Burst], minutes: pd.DataFrame, span: timedelta) -> pd.DataFrame:
    """The addresses that failed in bursts of others."""
    rows = [(ip, burst.minute) for burst in bursts for ip in burst.failed["ip"].dropna().unique()]
    return _began(_typed(rows, "ip", minutes), span)


def _typed(rows: Sequence[tuple[object, object]], by: str, minutes: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[by, "minute"])
    return frame.astype({by: minutes[by].dtype, "minute": minutes["minute"].dtype})
