"""[retention]: what it says goes, by command and by `keywatch run`; what cannot be meant is refused."""

from datetime import datetime, timedelta

import pytest
from commandline import GOOD, Cli, line

from model.clock import SystemClock

SOURCE = '\n[[sources]]\nname = "edge"\npath = "access.log"\n'


def old_and_new(cli: Cli) -> None:
    now = SystemClock().now()
    for number, days in enumerate((60, 50, 1)):
        cli.log([line(now - timedelta(days=days), token=GOOD)], name=f"{number}.log")
        assert 0 == cli("ingest", cli.root / f"{number}.log").code


@pytest.mark.parametrize("command", [("store", "prune"), ("run", "--once")])
def test_old_events_go_and_are_still_counted(cli: Cli, command: tuple[str, ...]) -> None:
    cli.log([])
    cli.configure(f'[retention]\nevents = "40d"\n{SOURCE}')
    old_and_new(cli)

    done = cli(*command)

    assert done.code == 0
    if command[0] == "store":
        assert "Gone: 2 events." == done.err.strip()
        assert "Nothing is older than [retention] says." == cli(*command).err.strip()
    assert 3 == sum(row["requests"] for row in cli("usage", "--json", "--since", "90d").json())
    assert 60 == (SystemClock().now() - first_seen(cli)).days


def first_seen(cli: Cli) -> datetime:
    return datetime.fromisoformat(cli("store", "status", "--json").json()["first_event"])


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('events = "10d"', "35d at least"),
        ('events = "90d"\ncounts = "60d"', "cannot outlive counts"),
        ('counts = "60d"', "cannot outlive counts"),
        ('events = "soon"', "not a duration"),
        ('event = "90d"', "Did you mean 'events'?"),
    ],
)
def test_what_cannot_be_meant_is_refused(cli: Cli, table: str, said: str) -> None:
    cli.configure(f"[retention]\n{table}\n")

    done = cli("store", "status")

    assert done.code == 4
    assert said in done.err
