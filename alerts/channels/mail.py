"""Mails: text and HTML side by side, one thread an incident, sent by SMTP.

Apprise reads the URL (`mailto://`, `mailtos://`, with what it knows of providers); the mail is ours, since Apprise
makes its own text of an HTML, gives each try another Message-ID, and hides the server's reply. Here the Message-ID is
the idempotency key, so a server or reader that drops repetitions drops ours, and a reply decides whether it can pass.
"""

import contextlib
import mimetypes
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr
from pathlib import Path
from typing import Any, Final

from alerts import letter, rendering
from alerts.channels.attachments import attachments
from alerts.channels.interface import SendError
from alerts.channels.redact import short
from alerts.channels.status import of_smtp
from model.incident import Alert

TIMEOUT: Final = 15.0
"""Seconds for each step of a conversation."""

_OK: Final = 300
"""An SMTP reply below is a yes."""


class Mail:
    """One recipient at one mail server."""

    def __init__(self, service: Any, shown: str, *, html: bool = True) -> None:  # noqa: ANN401 (Apprise has no types)
        """`service` is Apprise's mail plugin, `shown` its masked URL."""
        self._service, self._shown, self._html = service, shown, html
        ((self._name, self._to),) = service.targets

    def send(self, alert: Alert, idempotency_key: str) -> None:
        """Hand it to the mail server; raises SendError with its reply."""
        service, (name, sender) = self._service, self._service.from_addr
        mail = compose(
            alert,
            idempotency_key,
            sender=formataddr((name or "keywatch", sender)),
            to=formataddr((self._name or "", self._to)),
            html=self._html,
            headers=service.headers,
        )
        for path in map(Path, attachments(alert)):
            kind, _, sub = (mimetypes.guess_type(path.name)[0] or "application/octet-stream").partition("/")
            mail.add_attachment(path.read_bytes(), maintype=kind, subtype=sub, filename=path.name)
        for address in service.reply_to:
            mail["Reply-To"] = address
        with self._connected() as smtp:
            self._hand_over(smtp, sender, mail)

    def _hand_over(self, smtp: smtplib.SMTP, sender: str, mail: EmailMessage) -> None:
        try:
            smtp.ehlo_or_helo_if_needed()
            self._yes(*smtp.mail(sender))
            self._yes(*smtp.rcpt(self._to))
        except (OSError, smtplib.SMTPException) as error:
            raise self._failed(error, ambiguous=False) from None
        try:
            self._yes(*smtp.data(mail.as_bytes(policy=SMTP)))
        except (OSError, smtplib.SMTPException) as error:
            # The whole mail was sent, or a part of it, and no reply came: the server may have kept it.
            raise self._failed(error, ambiguous=not isinstance(error, smtplib.SMTPResponseException)) from None

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        smtp: smtplib.SMTP | None = None
        try:
            smtp = self._connect()
            if self._service.user and self._service.password:
                smtp.login(self._service.user, self._service.password)
        except (OSError, smtplib.SMTPException) as error:
            if smtp is not None:
                smtp.close()
            raise self._failed(error, ambiguous=False) from None
        try:
            yield smtp
        finally:
            with contextlib.suppress(OSError, smtplib.SMTPException):  # what was taken stays taken
                smtp.quit()
            smtp.close()

    def _connect(self) -> smtplib.SMTP:
        service = self._service
        context = ssl.create_default_context()
        if not service.verify_certificate:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if service.secure_mode == "ssl":
            return smtplib.SMTP_SSL(service.smtp_host, service.port, timeout=self._timeout(), context=context)
        smtp = smtplib.SMTP(service.smtp_host, service.port, timeout=self._timeout())
        if service.secure_mode == "starttls":
            try:
                smtp.starttls(context=context)
            except (OSError, smtplib.SMTPException):
                smtp.close()
                raise
        return smtp

    def _timeout(self) -> float:
        """`rto` of the URL, or ours: Apprise's four seconds are short for a mail server that scans."""
        asked = float(self._service.socket_read_timeout)
        return asked if asked != float(type(self._service).socket_read_timeout) else TIMEOUT

    def _yes(self, reply: int, said: bytes) -> None:
        if reply >= _OK:
            raise smtplib.SMTPResponseException(reply, said)

    def _failed(self, error: Exception, *, ambiguous: bool) -> SendError:
        if isinstance(error, smtplib.SMTPResponseException):
            reply, said = error.smtp_code, _words(error.smtp_error)
            error_class, permanent = of_smtp(reply)
            what = f"{self._shown} answered {reply} {said}"
            return SendError(short(what), error_class=error_class, permanent=permanent)
        if isinstance(error, smtplib.SMTPNotSupportedError):
            what = f"{self._shown} does not do what the URL asks for: {short(str(error))}"
            return SendError(what, error_class="bad_request", hint="See the URL's mode: starttls, ssl or insecure.")
        if isinstance(error, ssl.SSLCertVerificationError):
            what = f"{self._shown} has a certificate that is not trusted: {short(error.verify_message)}."
            return SendError(what, error_class="network")
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):  # smtplib hides it
            what = f"{self._shown} did not answer within {self._timeout():g} s."
            return SendError(what, error_class="timeout" if ambiguous else "network", ambiguous=ambiguous)
        what = f"{self._shown} cannot be reached, or broke off: {short(str(error))}."
        return SendError(what, error_class="network", ambiguous=ambiguous)


def compose(
    alert: Alert,
    idempotency_key: str,
    *,
    sender: str,
    to: str,
    html: bool = True,
    headers: Mapping[str, str] | None = None,
) -> EmailMessage:
    """A mail as multipart/alternative of text and HTML; without `html` the text alone.

    References and In-Reply-To name a message that never was, one for each incident: that is how readers thread.
    """
    domain = parseaddr(sender)[1].rpartition("@")[2] or "keywatch"
    mail = EmailMessage()
    mail["Subject"] = " ".join(alert.title.split())
    mail["From"], mail["To"] = sender, to
    mail["Date"] = format_datetime(alert.created_at.astimezone(UTC))
    mail["Message-ID"] = f"<{idempotency_key}@{domain}>"
    if alert.incident_id:
        mail["References"] = mail["In-Reply-To"] = f"<{alert.incident_id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice comes back
    mail["X-Application"] = "keywatch"
    for name, value in (headers or {}).items():
        del mail[name]
        mail[name] = value
    mail.set_content(rendering.text(alert, idempotency_key), cte="quoted-printable")
    if html:
        mail.add_alternative(letter.html(alert, idempotency_key), subtype="html", cte="quoted-printable")
    return mail


def _words(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said
