import dataclasses
import email
import email.policy
from typing import TYPE_CHECKING

import apprise
import pytest

from alerts.channels.open import open_target
from alerts.channels.threads import bind
from alerts.config import Target
from model.incident import Alert

if TYPE_CHECKING:
    from tests.alerts.conftest import Mailbox


def parsed(mailbox: "Mailbox") -> list[email.message.EmailMessage]:
    return [email.message_from_bytes(raw, policy=email.policy.default) for raw in mailbox.mails]


def test_the_mails_of_an_incident_are_one_thread_and_each_has_one_id(mailbox: "Mailbox", alert: Alert) -> None:
    channel = open_target(Target(name="t", url=mailbox.url("sec@example.com")))
    channel.send(alert, "kw-1")
    channel.send(dataclasses.replace(alert, kind="updated"), "kw-2")
    channel.send(dataclasses.replace(alert, incident_id="i2"), "kw-3")

    first, second, other = parsed(mailbox)
    assert "<i1@keywatch>" == first["References"] == second["References"] == second["In-Reply-To"]
    assert "<i2@keywatch>" == other["References"]
    assert [1, 1, 1] == [len(mail.get_all("Message-ID")) for mail in (first, second, other)]


def test_a_mail_may_have_html_beside_its_text_and_no_markup_of_a_log_in_it(mailbox: "Mailbox", alert: Alert) -> None:
    nasty = dataclasses.replace(alert, body="agent <script>alert(1)</script> {{7*7}}")
    open_target(Target(name="t", url=mailbox.url("sec@example.com") + "&format=html")).send(nasty, "kw-1")

    (mail,) = parsed(mailbox)
    parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
    assert {"text/plain", "text/html"} == set(parts)
    assert "<script>" not in parts["text/html"]
    assert "&lt;script&gt;" in parts["text/html"]
    assert "{{7*7}}" in parts["text/html"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_update_folds_into_the_open_incident_and_a_resolution_closes_it(alert: Alert) -> None:
    pager = apprise.Apprise.instantiate("pagerduty://integration@apikey")
    bind(pager, alert, {})

    assert ("i1", "map") == (pager.dedup, pager.action)
