import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts import payload, rendering
from alerts.incidents import group
from alerts.links import NOWHERE, Links
from model.clock import FixedClock
from model.finding import Evidence, Finding, FindingStatus, Severity
from model.incident import Incident
from store.state.incidents import KeyFacts

Make = Callable[..., Finding]

ATTACKS = [
    "<!channel>",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "\x1b]0;pwn\x07",
    "\u202eevil",
    "a\nBcc: x@y",
    "${HOME}",
]
ROOT = "https://kw.example.com"
FACTS = KeyFacts(hint="sk_…1234", labels={"tier": "gold"})


@pytest.fixture
def incident(finding: Make, clock: FixedClock) -> Incident:
    burst = finding(at=clock.now())
    success = finding(
        "burst-then-success",
        "key:k1",
        at=clock.now() + timedelta(minutes=4),
        key_name="billing-prod",
        owner="pay@example.com",
        environment="production",
        count=25,
        summary="25 calls succeeded after 60 had failed.",
        detail={"failed": 60, "said": {"ip": "203.0.113.9"}},
    )
    return group([], [burst, success], clock.now())[0]


def body(incident: Incident, **given: object) -> str:
    return rendering.body(incident, **{"facts": FACTS, "changes": (), "links": NOWHERE, **given})


def test_a_message_says_what_happened_to_whom_since_when_and_what_to_do(incident: Incident) -> None:
    assert rendering.title(incident, "opened") == (
        "[critical] 60 failed calls from 203.0.113.9, then 25 successful ones with key billing-prod"
    )
    assert body(incident, links=Links(incident=f"{ROOT}/incidents?incident=x", key=f"{ROOT}/key?key=k1")) == (
        "60 failed calls from 203.0.113.9, then 25 successful ones with key billing-prod\n"
        "60 things happened.\n"
        "25 calls succeeded after 60 had failed.\n"
        "\n"
        "Key: billing-prod, id k1, sk_…1234\n"
        "Owner: pay@example.com\n"
        "Environment: production\n"
        "Address: 203.0.113.9\n"
        "Since: 2026-10-01 09:30:00 UTC, last seen 2026-10-01 09:38:00 UTC\n"
        "Severity: critical, open\n"
        "\n"
        "Evidence:\n"
        "- auth-burst-address: 60 from 2026-10-01 09:30:00 UTC to 2026-10-01 09:34:00 UTC\n"
        "- burst-then-success: 25 from 2026-10-01 09:34:00 UTC to 2026-10-01 09:38:00 UTC"
        " (failed 60)\n"
        "\n"
        "What to do: Revoke the key. Then ask its owner.\n"
        "\n"
        "Incident: https://kw.example.com/incidents?incident=x\n"
        "Key: https://kw.example.com/key?key=k1\n"
        f"Acknowledge: keywatch incidents ack {incident.id}\n"
        "Silence: keywatch silences add --key k1 --until 2h --reason '…'"
    )


def test_a_resolved_message_says_when_it_was_last_seen(incident: Incident, clock: FixedClock) -> None:
    over = [replace(f, status=FindingStatus.RESOLVED, resolved_at=clock.now()) for f in incident.findings]
    (resolved,) = group([incident], over, clock.now())

    assert rendering.title(resolved, "resolved").startswith("[critical] Resolved: 60 failed calls")
    assert "Nothing more of it was seen after 2026-10-01 09:38:00 UTC." in body(resolved)


def test_evidence_is_three_lines_and_a_count_of_the_rest(finding: Make, clock: FixedClock) -> None:
    many = [finding(f"d{n}", "key:k1", at=clock.now() + timedelta(minutes=n), summary=f"s{n}") for n in range(5)]
    (incident,) = group([], many, clock.now())

    text = body(incident)

    assert 3 == text.count("\n- ")
    assert "- d2: 60 from 2026-10-01 09:32:00 UTC to 2026-10-01 09:36:00 UTC\n+2 more" in text
    assert "s2\n+2 more" in text


def test_one_finding_shows_its_strongest_buckets(finding: Make, clock: FixedClock) -> None:
    burst = finding(at=clock.now())
    pieces = tuple(
        Evidence(bucket=at, count=n, score=float(n), first_seen=at, last_seen=at, detail={"keys": n})
        for n, at in enumerate((clock.now() + timedelta(minutes=5 * n) for n in range(4)), 1)
    )
    (incident,) = group([], [replace(burst, evidence=pieces, count=10)], clock.now())

    assert [
        "- auth-burst-address: 10 from 2026-10-01 09:30:00 UTC to 2026-10-01 09:34:00 UTC",
        "- auth-burst-address: 4 in the bucket of 2026-10-01 09:45:00 UTC (keys 4)",
        "- auth-burst-address: 3 in the bucket of 2026-10-01 09:40:00 UTC (keys 3)",
    ] == [line for line in body(incident).splitlines() if line.startswith("- ")]


@pytest.mark.parametrize("attack", ATTACKS)
def test_words_of_an_attacker_are_data_in_text_and_document(finding: Make, clock: FixedClock, attack: str) -> None:
    everywhere = {
        name: f"{attack} {name}" for name in ("title", "summary", "key_name", "owner", "environment", "ip", "key_id")
    }
    evil = finding("volume-spike", "key:k1", at=clock.now(), detail={"client": attack, attack: 3}, **everywhere)
    (incident,) = group([], [evil], clock.now())
    said = payload.document(
        incident, facts=KeyFacts(hint=attack, labels={attack: attack}), sequence=0, changes=[attack], links=NOWHERE
    )
    texts = [rendering.title(incident, "opened"), body(incident, facts=KeyFacts(hint=attack), changes=[attack])]

    for text in [*texts, *_strings(said)]:
        assert not set(text.replace("\n", "") if text in texts[1:] else text) & set("\x1b\x07\n\u202e")
    assert "a\nBcc" not in texts[1]
    assert json.loads(json.dumps(said)) == said


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, held in value.items():
            yield from _strings(name)
            yield from _strings(held)
    elif isinstance(value, list):
        for held in value:
            if not (isinstance(held, dict) and "runbook" in held):
                yield from _strings(held)
            else:
                yield from _strings({k: v for k, v in held.items() if k != "runbook"})


def test_messages_keep_within_their_budget_whatever_is_in_them(finding: Make, clock: FixedClock) -> None:
    long = "x" * 5000
    many = [
        finding(
            f"d{n}", "key:k1", at=clock.now() + timedelta(minutes=n), title=long, summary=f"{n}{long}", runbook=long
        )
        for n in range(40)
    ]
    (incident,) = group([], [replace(f, key_name=long, owner=long, severity=Severity.HIGH) for f in many], clock.now())

    said = payload.document(incident, facts=FACTS, sequence=0, changes=(), links=NOWHERE)

    assert len(rendering.title(incident, "opened")) <= rendering.TITLE_BUDGET
    assert len(body(incident, changes=[long] * 40)) == rendering.BODY_BUDGET
    assert (20, 20) == (len(said["findings"]), said["more_findings"])
