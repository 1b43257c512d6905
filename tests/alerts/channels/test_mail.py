"""Mails as a real SMTP server gets them."""

import dataclasses
import email
import email.policy
import hashlib
import socket
import threading
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alerts.channels.interface import SendError
from alerts.channels.open import open_target
from alerts.config import Target
from model.incident import Alert

if TYPE_CHECKING:
    from tests.alerts.conftest import Mailbox


def send(url: str, alert: Alert, key: str = "kw-1") -> None:
    open_target(Target(name="t", url=url)).send(alert, key)


def failure(url: str, alert: Alert) -> tuple[tuple[str, bool, bool], str]:
    with pytest.raises(SendError) as caught:
        send(url, alert)
    return (caught.value.error_class, caught.value.permanent, caught.value.ambiguous), str(caught.value)


def parsed(mailbox: "Mailbox") -> list[EmailMessage]:
    return [email.message_from_bytes(raw, policy=email.policy.default) for raw in mailbox.mails]


def test_a_mail_is_text_and_html_with_an_attackers_words_as_words(mailbox: "Mailbox", alert: Alert) -> None:
    send(mailbox.url("sec@example.com"), alert)

    (mail,) = parsed(mailbox)
    text, html = mail.iter_parts()
    assert "multipart/alternative" == mail.get_content_type()
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in (text, html)]
    assert (alert.title, "keywatch <keywatch@example.com>") == (mail["Subject"], mail["From"])
    assert text.get_content().replace("\r\n", "\n").startswith(alert.body)
    assert "Message kw-1 of incident i1." in text.get_content()
    page = html.get_content()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}}" in page
    assert "href" not in page  # an attacker's address is no link


def test_a_mail_is_text_alone_where_the_url_asks_for_it(mailbox: "Mailbox", alert: Alert) -> None:
    send(mailbox.url("sec@example.com") + "&format=text", alert)

    assert ["text/plain"] == [part.get_content_type() for part in parsed(mailbox)[0].walk()]


def test_the_mails_of_an_incident_are_one_thread_and_a_repetition_has_the_same_id(
    mailbox: "Mailbox", alert: Alert
) -> None:
    url = mailbox.url("sec@example.com")
    send(url, alert)
    send(url, alert)
    send(url, dataclasses.replace(alert, kind="updated"), "kw-2")
    send(url, dataclasses.replace(alert, incident_id="i2"), "kw-3")

    first, again, second, other = parsed(mailbox)
    assert "<i1@example.com>" == first["References"] == second["References"] == second["In-Reply-To"]
    assert "<i2@example.com>" == other["References"]
    assert ["<kw-1@example.com>"] == first.get_all("Message-ID") == again.get_all("Message-ID")
    assert ["<kw-2@example.com>"] == second.get_all("Message-ID")


def test_a_line_break_in_a_title_makes_no_header(mailbox: "Mailbox", alert: Alert) -> None:
    send(mailbox.url("sec@example.com"), dataclasses.replace(alert, title="a\r\nBcc: eve@example.com"))

    assert (None, "a Bcc: eve@example.com") == (parsed(mailbox)[0]["Bcc"], parsed(mailbox)[0]["Subject"])
    assert ["sec@example.com"] == mailbox.tried


def test_headers_and_names_of_the_url_are_kept(mailbox: "Mailbox", alert: Alert) -> None:
    send(mailbox.url("sec@example.com") + "&name=Security&reply=ops@example.com&+X-Team=blue", alert)

    (mail,) = parsed(mailbox)
    assert ("Security <keywatch@example.com>", "ops@example.com", "blue") == (
        mail["From"],
        mail["Reply-To"],
        mail["X-Team"],
    )


def test_a_recipient_refused_for_good_and_one_refused_for_now(mailbox: "Mailbox", alert: Alert) -> None:
    gone, said = failure(mailbox.url("gone@example.com"), alert)
    later, _ = failure(mailbox.url("later@example.com"), alert)

    assert (("bad_request", True, False), ("server", False, False)) == (gone, later)
    assert "answered 550 no such user" in said
    assert ["gone@example.com", "later@example.com"] == mailbox.tried


OK, GO_ON = b"250 ok", b"354 go on"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ([OK, OK, OK, GO_ON, b"hang"], ("timeout", False, True)),
        ([OK, OK, OK, GO_ON, b"gone"], ("network", False, True)),
        ([OK, b"gone"], ("network", False, False)),
        ([OK, OK, b"hang"], ("network", False, False)),
        ([OK, OK, OK, GO_ON, b"554 spam"], ("bad_request", True, False)),
        ([OK, OK, OK, GO_ON, b"452 full"], ("server", False, False)),
        ([OK, b"530 who are you"], ("auth", True, False)),
    ],
)
def test_only_a_mail_that_was_sent_without_a_reply_may_have_arrived(
    alert: Alert, script: list[bytes], expected: tuple[str, bool, bool]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = threading.Event()
        thread = threading.Thread(target=answer, args=(server, script, done))
        thread.start()
        port = server.getsockname()[1]
        said, _ = failure(f"mailto://127.0.0.1:{port}?from=a@example.com&to=b@example.com&mode=insecure&rto=0.3", alert)
        done.set()
        thread.join()

    assert expected == said


def answer(server: socket.socket, script: list[bytes], done: threading.Event) -> None:
    """Greet, then answer each command, or the mail itself, as the script says."""
    taken, _ = server.accept()
    with taken, taken.makefile("rb") as lines:
        taken.sendall(b"220 here\r\n")
        last = b""
        for step in script:
            if last == GO_ON:
                while lines.readline() not in {b".\r\n", b""}:
                    pass
            else:
                lines.readline()
            if step == b"hang":
                done.wait(10)
            if step in {b"hang", b"gone"}:
                return
            taken.sendall(step + b"\r\n")
            last = step
        while lines.readline().strip() not in {b"QUIT", b""}:  # RSET, say
            taken.sendall(b"250 ok\r\n")


def test_a_server_that_is_not_there_has_nothing(alert: Alert) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"mailto://127.0.0.1:{free.getsockname()[1]}?from=a@example.com&to=b@example.com&mode=insecure"

        assert ("network", False, False) == failure(url, alert)[0]


def test_no_password_goes_over_a_line_that_should_be_secure_and_is_not(mailbox: "Mailbox", alert: Alert) -> None:
    url = mailbox.url("sec@example.com").replace("mode=insecure", "mode=starttls").replace("mailto://", "mailtos://")
    said, words = failure(url, alert)

    assert (("bad_request", False, False), []) == (said, mailbox.mails)
    assert "starttls" in words.lower()


def test_a_reports_files_come_with_its_mail(mailbox: "Mailbox", alert: Alert, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("<p>all of it</p>")
    files = {"report.html": hashlib.sha256(b"<p>all of it</p>").hexdigest()}
    report = dataclasses.replace(
        alert, kind="report", payload={"report": {"folder": str(tmp_path), "files": files}}, title="The report is made"
    )
    send(mailbox.url("sec@example.com"), report)

    (mail,) = parsed(mailbox)
    (attached,) = mail.iter_attachments()
    assert ("report.html", "<p>all of it</p>") == (attached.get_filename(), attached.get_content().strip())
    body = mail.get_body(("html",))
    assert body is not None
    assert "The report is made" in body.get_content()
