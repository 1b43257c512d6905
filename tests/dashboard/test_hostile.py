"""Whatever somebody else may name or write is text on every page: one workspace that is full of markup."""

import dataclasses
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Final

import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block
from streamlit.util import calc_hash

from alerts import acts
from dashboard.environment import AUDIT_KEY, EVENTS, STATE_URL
from dashboard.login import access
from dashboard.login.roles import Grant, Policy, Role
from dashboard.reads import data
from dashboard.services import Change, give
from ingest.inventory.read import read_keys
from keywatch.collecting.ingesting import ingest_source
from keywatch.new_workspace import make
from keywatch.serving.handing import handed
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.finding import Evidence, Finding, FindingStatus, Severity, Subject, SubjectKind
from model.incident import Alert, Incident, IncidentId, IncidentStatus
from store.handle import Store
from store.state import deliveries, health, outbox
from store.state.findings import save_findings
from store.state.incidents import save_incidents
from store.state.inventory import save_keys
from store.state.reports import made
from store.state.sources import note_error
from tests.dashboard.conftest import BILLING, CRM, MAIN
from tests.dashboard.test_access import user

EVIL: Final = "![x](http://evil/p.png) **b** <img src=x> :red[r] `c`"
MARKS: Final = re.compile(r"!\[x\]|\*\*b\*\*|<img|:red\[|`c", re.IGNORECASE)
ESCAPED: Final = re.compile(r"\\.")
KEYS: Final = (f"k1 {EVIL}", f"k2 {EVIL}")
PERSON: Final = f"ann {EVIL}@co.example"
ONE: Final = f"inc {EVIL}"
PLAIN: Final = frozenset(
    {
        "Text.body", "Selectbox.options", "Selectbox.raw_value", "MultiSelect.options", "MultiSelect.raw_values",
        "TextInput.value", "TextInput.default", "VegaLiteChart.spec", "VegaLiteChart.alt",
    }
)  # fmt: skip
"""Fields that the browser shows as they are; what is not named here counts as markup, whatever it is. A chart's words
are painted on a canvas."""
CELLS: Final = frozenset({"text", "number", "line_chart", "multiselect", "selectbox", "date"})
"""Kinds of a table's columns that show their cells as they are."""
KIND: Final = re.compile(r'"type_config": \{[^}]*"type": "(\w+)"')
SEEN: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("", {}),
    ("incidents", {}),
    ("incidents", {"show": "All", "detector": EVIL, "owner": EVIL, "assignee": EVIL, "text": "k1"}),
    ("incidents", {"incident": ONE}),
    ("incidents", {"incident": ONE, "requests": "Key"}),
    ("incidents", {"incident": f"{ONE} of a network"}),
    ("incidents", {"incident": f"no {EVIL}"}),
    ("keys", {"owner": EVIL, "inactive": "true"}),
    ("keys", {"q": f"no {EVIL}"}),
    ("key", {}),
    ("key", {"key": KEYS[0], "with": KEYS[1]}),
    ("key", {"key": KEYS[0], "with": f"no {EVIL}"}),
    ("key", {"key": f"no {EVIL}"}),
    ("explore", {"window": "custom", "from": EVIL, "to": EVIL, "zone": EVIL}),
    *(("explore", {"by": by, "keys": KEYS[0]}) for by in ("Key", "Owner", "Environment")),
    *(("explore", {"by": by}) for by in ("Address", "Client", "Route", "Method", "Host")),
    ("alerts", {}),
    ("alerts", {"target": EVIL}),
    ("reports", {}),
    ("reports", {"report": "closed"}),
    ("reports", {"report": "open"}),
    ("reports", {"report": f"no {EVIL}"}),
    ("sources", {"source": EVIL}),
    ("admin", {}),
    ("admin", {"part": "Audit log"}),
    ("admin", {"part": "Config"}),
)
"""Each page, and what the URL may make of it."""
Look = Callable[[str, Mapping[str, str]], AppTest]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    now, root = datetime.now(UTC), tmp_path_factory.mktemp("hostile")
    make(root)
    log, name = root / "access.log", json.dumps(EVIL)
    with (root / "keywatch.toml").open("a") as config:
        config.write(f'\n[[sources]]\nname = {name}\npath = "{log}"\n')
        config.write(f'\n[[alerts.targets]]\nname = {name}\nurl = "jsonl:told.jsonl"\n')
    log.write_text("".join(f"{json.dumps(each)}\n" for each in requests(now)) + f"{EVIL}\n")
    named = Workspace.at(root / "keywatch.toml")
    keys(named, now)
    ingest_source(named, next(one for one in named.config.sources if one.name == EVIL), clock=SystemClock())
    found(named.store, now)
    told(named.store, now)
    reviewed(named, now)
    yield named
    named.close()


def keys(named: Workspace, now: datetime) -> None:
    """Two, of which one follows the other; both had another name once."""
    said = {
        "hint": EVIL, "owner": EVIL, "team": EVIL, "environment": EVIL, "scopes": [EVIL], "labels": {EVIL: EVIL},
        "status": "active", "created_at": (now - timedelta(days=90)).isoformat(),
    }  # fmt: skip
    old, new = {"key_id": KEYS[0], "successor": KEYS[1], "secret": BILLING}, {"key_id": KEYS[1], "secret": CRM}
    file = named.root / "keys.json"
    for name in (f"once {EVIL}", EVIL):
        file.write_text(json.dumps([{**said, **old, "name": f"k1 {name}"}, {**said, **new, "name": f"k2 {name}"}]))
        with named.store.transaction() as tx:
            save_keys(tx, read_keys(file, pulled_at=now, pepper=named.pepper), now)


def requests(now: datetime) -> Iterator[dict[str, object]]:
    for minutes, key in product(range(119, -1, -1), (BILLING, CRM, "", f"guess {EVIL}")):
        yield {
            "time_iso8601": (now - timedelta(minutes=minutes)).isoformat(timespec="seconds"),
            "remote_addr": "198.51.100.7", "request_method": "GET" if minutes % 2 else EVIL,
            "request_uri": f"/v1/{EVIL}/4711", "host": EVIL, "status": 200 if key in {BILLING, CRM} else 401,
            "body_bytes_sent": 512, "http_user_agent": EVIL, "http_x_api_token": key,
        }  # fmt: skip


def found(store: Store, now: datetime) -> None:
    """An incident about a key, and one about a network and a source."""
    at = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    piece = Evidence(bucket=at, count=4, score=1.5, first_seen=at, last_seen=at, detail={EVIL: EVIL, "list": [EVIL]})
    about_key = Finding(
        id="f1", detector=EVIL, subject=Subject(SubjectKind.KEY, KEYS[0]), severity=Severity.HIGH,
        status=FindingStatus.OPEN, title=EVIL, summary=EVIL, opened=at, first_seen=at, last_seen=at, detected_at=now,
        key_id=KEYS[0], key_name=f"k1 {EVIL}", owner=EVIL, environment=EVIL, ip=f"from {EVIL}", count=4, score=1.5,
        evidence=(piece,), runbook=EVIL, attack=(EVIL,), controls=(EVIL,),
    )  # fmt: skip
    of_network = replace(about_key, id="f2", subject=Subject(SubjectKind.NETWORK, EVIL), key_id=None, key_name=None)
    of_source = replace(of_network, id="f3", subject=Subject(SubjectKind.SOURCE, EVIL))
    first = Incident(
        id=IncidentId(ONE), subject=EVIL, headline=EVIL, severity=Severity.HIGH, status=IncidentStatus.OPEN,
        opened_at=at, updated_at=now, last_seen=at, key_id=KEYS[0], key_name=f"k1 {EVIL}", owner=EVIL,
        environment=EVIL, ip=f"from {EVIL}", findings=(about_key,),
    )  # fmt: skip
    other = IncidentId(f"{ONE} of a network")
    second = replace(first, id=other, key_id=None, key_name=None, findings=(of_network, of_source))
    with store.transaction() as tx:
        save_findings(tx, (about_key, of_network, of_source))
        save_incidents(tx, (first, second))


def told(store: Store, now: datetime) -> None:
    """What people did about it, and two messages: one that waits, one that was given up."""
    until, when = now + timedelta(hours=1), {"owner": [EVIL]}
    with store.transaction() as tx:
        acts.assign(tx, ONE, EVIL, by=EVIL, at=now)
        acts.comment(tx, ONE, f"{EVIL}\n{EVIL}", by=EVIL, at=now)
        over = acts.silence(tx, when, until=until, reason=EVIL, by=EVIL, at=now, incident=ONE)
        acts.unsilence(tx, over.id, by=EVIL, at=now)
        acts.silence(tx, when, until=until, reason=EVIL, by=EVIL, at=now, incident=ONE)
        for name in ("waits", "dead"):
            alert = Alert(
                id=name, incident_id=IncidentId(ONE), kind="opened", created_at=now, severity=Severity.HIGH,
                title=EVIL, body=EVIL,
            )  # fmt: skip
            outbox.enqueue(tx, alert, [(EVIL, f"{name} {EVIL}")])
        (dead,) = deliveries.lease(tx, target=EVIL, worker=EVIL, now=now, until=until, limit=1)
        deliveries.mark_dead(tx, dead, error_class=EVIL, error=EVIL)
        health.refused(tx, EVIL, now, error=EVIL)
        note_error(tx, EVIL, EVIL, now)


def reviewed(named: Workspace, now: datetime) -> None:
    """A review that is closed, and one that is open, with a decision."""
    reviews = handed(named, named.root / "keywatch.toml").reviews
    empty = dict.fromkeys(("decision", "rationale", "new_owner", "due"), "")
    kept = [Change(key_id=key, before=empty, after=empty | {"decision": "keep", "rationale": EVIL}) for key in KEYS]
    closed = reviews.make("last-7d", review=True, by=PERSON, now=now)
    reviews.decide(closed, kept, by=PERSON, now=now)
    reviews.close(closed, by=PERSON, now=now)
    reviews.decide(reviews.make("last-30d", review=True, by=PERSON, now=now), kept[:1], by=PERSON, now=now)


@pytest.fixture(scope="module")
def look(workspace: Workspace) -> Iterator[Look]:
    """Opens a page as an administrator whose own name is hostile too, each once."""
    grants = (Grant(role=Role.ADMIN, users=frozenset({PERSON}), groups=frozenset({EVIL})),)
    policy = Policy(grants=grants, claim="groups", session=timedelta(hours=12))
    with workspace.store.reading() as tx:
        stages = {one.stage: one.id for one in made(tx)}
    known: dict[str, AppTest] = {}

    def opened(path: str, parameters: Mapping[str, str]) -> AppTest:
        if (name := f"{path} {parameters}") not in known:
            data.forget()
            page = AppTest.from_file(str(MAIN), default_timeout=90)
            page._page_hash = calc_hash(path)
            page.user = user("ann", email=PERSON, groups=[EVIL])
            for parameter, value in parameters.items():
                page.query_params[parameter] = stages.get(value, value)
            known[name] = page.run()
        return known[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(STATE_URL, workspace.state_url)
        patch.setenv(AUDIT_KEY, workspace.audit_key.hex())
        patch.setenv(EVENTS, str(workspace.root / workspace.config.store.events))
        give(dataclasses.replace(handed(workspace, workspace.root / "keywatch.toml"), policy=policy))
        access._ended.clear()
        yield opened
    give(None)


def said(node: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 (AppTest's own)
    """Each text of a page with the field that it stands in, such as `Markdown.body`."""
    if isinstance(proto := getattr(node, "proto", None), Message):
        yield from texts(proto)
    if isinstance(node, Block):
        for child in node.children.values():
            yield from said(child)


def texts(proto: Message) -> Iterator[tuple[str, str]]:
    for field, value in proto.ListFields():
        many = value.values() if isinstance(value, Mapping) else value if isinstance(value, Sequence) else (value,)
        for one in (value,) if isinstance(value, str) else many:
            if isinstance(one, Message):
                yield from texts(one)
            elif isinstance(one, str):
                yield f"{type(proto).__name__}.{field.name}", one


def hostile(page: AppTest) -> set[str]:
    """The columns of its tables that hold markup."""
    frames = [each.value for each in (*page.dataframe, *page.data_editor)]
    return {name for frame in frames for name in frame if any(MARKS.search(str(cell)) for cell in frame[name])}


@pytest.mark.parametrize(("path", "parameters"), SEEN)
def test_what_others_name_or_write_is_read_as_markup_nowhere(
    look: Look, path: str, parameters: Mapping[str, str]
) -> None:
    page = look(path, parameters)
    every = list(said(page._tree))
    kinds = {kind for name, text in every if name == "Dataframe.columns" for kind in KIND.findall(text)}

    assert [] == list(page.exception)
    assert [] == [(name, text) for name, text in every if name not in PLAIN and MARKS.search(ESCAPED.sub("", text))]
    assert kinds <= CELLS


def test_the_form_of_one_decision_shows_names_and_what_was_written_as_text(look: Look) -> None:
    page = look("reports", {"report": "open"})
    page.session_state["one_decision"] = True
    every = list(said(page.run()._tree))

    assert any(EVIL in key for each in page.selectbox if each.label == "Key" for key in each.options)
    assert [] == [(name, text) for name, text in every if name not in PLAIN and MARKS.search(ESCAPED.sub("", text))]


def test_the_pages_hold_markup_wherever_there_can_be_some(look: Look) -> None:
    expected = {
        "": {"headline", "key", "owner", "ip", "name"},
        "incidents": {"headline", "assignee", "what", "more", "who", "detail", "path", "agent", "host"},
        "keys": {"name", "owner", "hint"},
        "key": {"value", "route", "client", "before", "after", "detector", "title"},
        "explore": {"group", "path", "agent", "host"},
        "alerts": {"title", "target", "why", "name", "reason", "author"},
        "reports": {"name", "owner", "rationale", "reviewer"},
        "sources": {"name", "source", "sample"},
        "admin": {"name", "actor", "subject", "detail", "value"},
    }
    held = {path: set[str]() for path in expected}
    for path, parameters in SEEN:
        held[path] |= hostile(look(path, parameters))

    assert {} == {path: wanted - held[path] for path, wanted in expected.items() if wanted - held[path]}
