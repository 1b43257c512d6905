"""A small real workspace: a log of three days, an inventory, two findings and their incident."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard.environment import AUDIT_KEY, EVENTS, STATE_URL
from dashboard.reads import data
from dashboard.services import give
from ingest.inventory.read import read_keys
from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.new_workspace import make
from keywatch.serving.handing import handed
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.finding import Evidence, Finding, FindingStatus, Severity, Subject, SubjectKind, finding_id
from model.incident import Incident, IncidentId, IncidentStatus
from store.state.findings import save_findings
from store.state.incidents import save_incidents
from store.state.inventory import save_keys
from tests.dashboard.looking import figures

MAIN = Path(__file__).parents[2] / "dashboard" / "main.py"
BILLING, CRM, OLD, STRAY = (f"ac_live_{letter * 32}" for letter in "bcos")
MARKUP = "**bold** <img src=x onerror=alert(1)> [a](http://x)"


@dataclass(frozen=True)
class Small:
    """The workspace, and the moment it was made for."""

    workspace: Workspace
    now: datetime

    @property
    def config(self) -> Path:
        return self.workspace.root / "keywatch.toml"

    @property
    def events(self) -> Path:
        return self.workspace.root / self.workspace.config.store.events


def lines(now: datetime) -> Iterator[dict[str, object]]:
    for minutes in range(0, 3 * 1440, 15):
        status = 401 if minutes < 60 else 403 if minutes == 60 else 429 if minutes == 75 else 200
        yield line(now - timedelta(minutes=minutes), BILLING, "198.51.100.7", status)
    for hours in range(30):
        yield line(now - timedelta(hours=hours), CRM, "198.51.100.8", 500 if hours == 3 else 200)
    for minutes in range(5):
        yield line(now - timedelta(minutes=minutes), STRAY, "203.0.113.5", 200, agent=MARKUP)
        yield line(now - timedelta(minutes=minutes), "", "203.0.113.6", 401)
        yield line(now - timedelta(minutes=minutes), f"guess_{minutes}", "203.0.113.66", 401)


def line(at: datetime, key: str, ip: str, status: int, agent: str = "curl/8.5.0") -> dict[str, object]:
    return {
        "time_iso8601": at.isoformat(timespec="seconds"),
        "remote_addr": ip,
        "request_method": "GET",
        "request_uri": "/v1/invoices/4711",
        "host": "api.example",
        "status": status,
        "body_bytes_sent": 512,
        "request_time": 0.02,
        "http_user_agent": agent,
        "http_x_api_token": key,
    }


def inventory(now: datetime) -> list[dict[str, str]]:
    old, soon = (now - timedelta(days=90)).isoformat(), (now + timedelta(days=30)).isoformat()
    return [
        {"key_id": "key_1", "name": "billing-prod", "environment": "production", "owner": "pay@co.example",
         "status": "active", "created_at": old, "expires_at": soon, "secret": BILLING},
        {"key_id": "key_2", "name": "crm-dev", "environment": "development", "owner": "crm@co.example",
         "status": "active", "created_at": old, "secret": CRM},
        {"key_id": "key_3", "name": "old-export", "environment": "production", "owner": "pay@co.example",
         "status": "revoked", "created_at": old, "secret": OLD},
    ]  # fmt: skip


def finding(now: datetime, detector: str, severity: Severity, title: str) -> Finding:
    bucket = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    subject = Subject(SubjectKind.KEY, "key_1")
    evidence = Evidence(bucket=bucket, count=4, score=1.5, first_seen=bucket, last_seen=bucket, detail={"failed": 4})
    return Finding(
        id=finding_id(detector, subject, bucket), detector=detector, subject=subject, severity=severity,
        status=FindingStatus.OPEN, title=title, summary=f"{title}, 4 of 4.", opened=bucket, first_seen=bucket,
        last_seen=bucket, detected_at=now, key_id="key_1", key_name="billing-prod", owner="pay@co.example",
        environment="production", ip="198.51.100.7", count=4, score=1.5, evidence=(evidence,),
        runbook="ask the owner.", attack=("T1110",), controls=("CC7.2",),
    )  # fmt: skip


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    now = datetime.now(UTC)
    root = tmp_path_factory.mktemp("workspace")
    make(root)
    workspace = Workspace.at(root / "keywatch.toml")
    log = root / "access.log"
    log.write_text("".join(json.dumps(each) + "\n" for each in reversed(list(lines(now)))) + "not a line\n")
    keys = root / "keys.json"
    keys.write_text(json.dumps(inventory(now)))
    with workspace.store.transaction() as tx:
        save_keys(tx, read_keys(keys, pulled_at=now, pepper=workspace.pepper), now)
    ingest_source(workspace, SourceConfig(name="edge", path=str(log)), clock=SystemClock())
    found = (
        finding(now, "auth-burst-key", Severity.HIGH, f"4 failed calls with key billing-prod {MARKUP}"),
        finding(now, "new-origin", Severity.LOW, "Key billing-prod is used from a new network"),
    )
    with workspace.store.transaction() as tx:
        save_findings(tx, found)
        save_incidents(tx, [incident(now, found)])
    yield Small(workspace, now)
    workspace.close()


def incident(now: datetime, found: tuple[Finding, ...]) -> Incident:
    first = found[0]
    return Incident(
        id=IncidentId("inc_1"), subject=str(first.subject), headline=first.title, severity=Severity.HIGH,
        status=IncidentStatus.OPEN, opened_at=first.first_seen, updated_at=now, last_seen=first.last_seen,
        key_id=first.key_id, key_name=first.key_name, owner=first.owner, environment="production", ip=first.ip,
        findings=found,
    )  # fmt: skip


class Pages:
    """Opens pages of a store, and finds and clicks what is on them."""

    markup = MARKUP

    @staticmethod
    def open(path: str = "", /, **parameters: str) -> AppTest:
        data.forget()
        page = AppTest.from_file(str(MAIN), default_timeout=90)
        page._page_hash = calc_hash(path)
        for name, value in parameters.items():
            page.query_params[name] = value
        page.run()
        assert [] == list(page.exception)
        return page

    @staticmethod
    def click(page: AppTest, table: str, column: str, value: object) -> AppTest:
        found = next(each for each in page.dataframe if (each.key or "").startswith(table))
        row = list(found.value[column]).index(value)
        page.session_state[str(found.key)] = {"selection": {"rows": [], "columns": [], "cells": [[row, column]]}}
        return page.run()

    @staticmethod
    def tick(page: AppTest, table: str, column: str, values: Sequence[object]) -> AppTest:
        found = next(each for each in page.dataframe if (each.key or "").startswith(table))
        rows = [list(found.value[column]).index(value) for value in values]
        page.session_state[str(found.key)] = {"selection": {"rows": rows, "columns": [], "cells": []}}
        return page.run()

    @staticmethod
    def table(page: AppTest, key: str) -> pd.DataFrame:
        return next(each.value for each in page.dataframe if (each.key or "").startswith(key))

    @staticmethod
    def texts(page: AppTest) -> list[str]:
        return [each.value for each in page.text]

    @staticmethod
    def values(page: AppTest) -> dict[str, str]:
        return {name: value for name, (value, _) in figures(page).items()}

    @staticmethod
    def url(page: AppTest) -> dict[str, str]:
        return {name: value if isinstance(value, str) else value[0] for name, value in dict(page.query_params).items()}


@pytest.fixture(scope="session")
def looked_at(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that all tests share which only look: it serves a copy that nobody writes to."""
    from tests.dashboard.test_browser import served

    root = tmp_path_factory.mktemp("looked_at") / "own"
    shutil.copytree(small.workspace.root, root)
    workspace = Workspace.at(root / "keywatch.toml")
    with served(workspace) as url:
        yield url
    workspace.close()


@pytest.fixture
def pages(small: Small, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    """Pages of the store that the environment names; here none. They are handed what the small workspace has."""
    monkeypatch.delenv(STATE_URL, raising=False)
    give(handed(small.workspace, small.config))
    yield Pages()
    give(None)


@pytest.fixture
def copied(small: Small, pages: Pages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A copy of the small workspace that may be written to; the pages show it."""
    del pages  # they forget the environment first
    shutil.copytree(small.workspace.root, tmp_path / "own")
    workspace = Workspace.at(tmp_path / "own" / "keywatch.toml")
    monkeypatch.setenv(STATE_URL, workspace.state_url)
    monkeypatch.setenv(AUDIT_KEY, workspace.audit_key.hex())
    monkeypatch.setenv(EVENTS, str(tmp_path / "own" / workspace.config.store.events))
    yield workspace
    workspace.close()


@pytest.fixture
def visit(pages: Pages, small: Small, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Opens a page of the small workspace: `visit("key", key="key_1", window="24h")`."""
    monkeypatch.setenv(STATE_URL, small.workspace.state_url)
    monkeypatch.setenv(EVENTS, str(small.events))
    return pages.open
