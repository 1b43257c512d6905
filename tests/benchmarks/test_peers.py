import pandas as pd
import pytest

from benchmarks.worlds.peers import PEERS, Peer, alerts

PANTHER, PANTHER_BY_KEY, ELASTIC, CROWDSEC, CROWDSEC_ANY, FAIL2BAN = PEERS
OWNERS = {"s1": "key_1"}


def failed(*times: float, ip: str = "203.0.113.9", key: str = "s1", method: str = "GET") -> pd.DataFrame:
    return pd.DataFrame({"t": [float(t) for t in times], "ip": ip, "key": key, "method": method})


@pytest.mark.parametrize(
    ("peer", "calls", "expected"),
    [
        (PANTHER, failed(*range(0, 3420, 180), 3420), [3420]),
        (PANTHER, failed(*range(0, 4000, 200)), []),
        (PANTHER, failed(*range(60)), [19]),
        (FAIL2BAN, failed(0, 100, 200, 300, 400), [400]),
        (FAIL2BAN, failed(0, 150, 300, 450, 600), []),
        (FAIL2BAN, failed(*range(10), *range(700, 710)), [4, 704]),
        (CROWDSEC_ANY, failed(0, 1, 2, 3, 4, 5), [5]),
        (CROWDSEC_ANY, failed(*range(0, 200, 10)), []),
        (CROWDSEC, failed(0, 1, 2, 3, 4, 5), []),
        (CROWDSEC, failed(0, 1, 2, 3, 4, 5, method="POST"), [5]),
    ],
)
def test_a_rule_alerts_at_its_line_and_keeps_quiet_afterwards(
    peer: Peer, calls: pd.DataFrame, expected: list[float]
) -> None:
    assert [found.detected_at.timestamp() for found in alerts(peer, calls, OWNERS)] == expected


def test_stuffing_is_many_keys_with_few_tries_each_from_one_address() -> None:
    many = pd.concat([failed(n, n + 20, key=f"s{n}") for n in range(15)])
    few = pd.concat([failed(n, n + 20, n + 30, key=f"s{n}") for n in range(15)])

    assert [found.ip for found in alerts(ELASTIC, many, OWNERS)] == ["203.0.113.9"]
    assert alerts(ELASTIC, few, OWNERS) == []


def test_a_rule_by_key_names_the_key_of_the_inventory() -> None:
    (found,) = alerts(PANTHER_BY_KEY, failed(*range(20)), OWNERS)

    assert (found.key_id, found.ip) == ("key_1", None)
