"""The HTML of a mail says what the text says, and is markup nowhere but in its own template."""

import dataclasses
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser

import pytest

from alerts import letter, payload, rendering
from alerts.check import test_alert
from alerts.config import Target
from alerts.incidents import group
from alerts.links import Links
from model.clock import FixedClock
from model.finding import Finding, Severity
from model.incident import Alert
from store.state.incidents import KeyFacts

Make = Callable[..., Finding]
LINK = "https://kw.example.com/incidents?incident=x"
LINKS = Links(incident=LINK, key="https://kw.example.com/key?key=k1")
ATTACK = '<script>alert(1)</script> "><img src=x onerror=y> {{7*7}} {% raw %} javascript:alert(1) https://evil.example'


def alert_of(*findings: Finding, now: object, kind: str = "opened", changes: tuple[str, ...] = ()) -> Alert:
    incident = group([], findings, now)[0]
    facts = KeyFacts(hint="sk_…1234")
    return Alert(
        id="a1",
        incident_id=incident.id,
        kind=kind,
        created_at=now,
        severity=incident.severity,
        title=rendering.title(incident, kind),
        body=rendering.body(incident, facts=facts, changes=changes, links=LINKS),
        payload=payload.document(incident, facts=facts, sequence=0, changes=changes, links=LINKS),
    )


class Reader(HTMLParser):
    """Collects elements, addresses and words."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.addresses: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"} or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def test_every_line_of_the_text_stands_in_the_html(finding: Make, clock: FixedClock) -> None:
    burst = finding(at=clock.now())
    success = finding("burst-then-success", "key:k1", at=clock.now() + timedelta(minutes=4), key_name="billing")
    alert = alert_of(burst, success, now=clock.now(), kind="updated", changes=("The severity rose.",))
    page = letter.html(alert, "kw-1")

    words = re.sub(r"\s+", " ", " ".join(read(page).words))
    lines = [line for line in alert.body.splitlines() if line and not line.startswith(("Incident: ", "Key: https"))]
    for line in lines:
        said = line.removeprefix("- ").removeprefix("What to do: ")
        label, colon, value = said.partition(": ")
        assert said in words or (colon and label in words and value in words) or said.rstrip(":") in words, line
    assert "high · update" in words
    assert "Message kw-1 of incident" in words


def test_only_addresses_that_keywatch_made_are_links(finding: Make, clock: FixedClock) -> None:
    nasty = finding("x", f"key:{ATTACK}", at=clock.now(), key_name=ATTACK, owner=ATTACK, title=ATTACK, summary=ATTACK)
    page = read(letter.html(alert_of(nasty, now=clock.now()), "kw-1"))

    assert LINK == page.addresses[0]
    assert all(address.startswith("https://kw.example.com/") for address in page.addresses)
    assert {"script", "img"}.isdisjoint(page.elements)
    assert "49" not in "".join(page.words)
    assert "{{7*7}}" in "".join(page.words)


@pytest.mark.parametrize("severity", list(Severity))
def test_white_words_stand_on_a_ground_dark_enough(severity: Severity, finding: Make, clock: FixedClock) -> None:
    alert = dataclasses.replace(alert_of(finding(at=clock.now()), now=clock.now()), severity=severity)
    ground = re.search(r"border-top:4px solid #(\w{6})", letter.html(alert, "kw-1"))[1]
    parts = [int(ground[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    light = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]

    assert 1.05 / (0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] + 0.05) >= 4.5


def test_what_is_left_out_is_counted_and_the_length_has_an_end(finding: Make, clock: FixedClock) -> None:
    many = [finding(f"d{n}", "key:k1", at=clock.now(), summary="s" * 4000, runbook="r" * 4000) for n in range(40)]
    page = letter.html(alert_of(*many, now=clock.now()), "kw-1")

    assert "+37 more" in page
    assert len(page.encode()) < 20_000  # some readers cut at 102,400 bytes


def test_the_users_words_a_digest_and_a_test_are_set_too(finding: Make, clock: FixedClock) -> None:
    alert = alert_of(finding(at=clock.now()), now=clock.now())
    own = dataclasses.replace(alert, body="Nur ein Satz & <b>kein Markup</b>.")
    test = test_alert(Target(name="mail", url="x:"), clock)

    assert "Nur ein Satz &amp; &lt;b&gt;kein Markup&lt;/b&gt;." in letter.html(own, "kw-1")
    assert "This is a test of the target 'mail'." in unescape(letter.html(test, "kw-1"))
