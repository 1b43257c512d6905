"""Any Apprise URL; the one file that knows Apprise.

Apprise is held short: it runs in our thread (its pool can be blocked by six hung targets), retries nothing (its retries
do not back off), follows no redirect, keeps nothing on disk, fetches no picture, and gets data as TEXT, which each of
its plugins escapes for its medium.
"""

import logging
import warnings
from typing import Any

import apprise

from alerts import rendering
from alerts.channels.apprise_log import classify
from alerts.channels.attachments import attachments
from alerts.channels.interface import SendError
from alerts.channels.mail import Mail
from alerts.channels.redact import guard, hide, mask, short
from alerts.channels.threads import bind
from model.finding import Severity
from model.incident import Alert

with warnings.catch_warnings():
    # Its plugins are loaded when the first is asked for, and one imports a module that Python is about to drop.
    warnings.simplefilter("ignore", DeprecationWarning)
    apprise.Apprise.instantiate("json://localhost")

_HINT = "Apprise's page of the service tells the URL's form; https://… is our own webhook, jsonl:PATH a file."


class AppriseChannel:
    """One recipient behind an Apprise URL."""

    def __init__(self, url: str) -> None:
        """Load the plugin. Raises SendError for a URL that names none, several recipients, or `optional=yes`."""
        hide(url)
        guard()
        self._shown = mask(url)
        # Whatever is wrong with a URL is the config's, and stays until that is changed; it is retried all the same,
        # since a corrected config should not find its messages dead.
        service = apprise.Apprise.instantiate(url, asset=_asset(), suppress_exceptions=True)
        if not isinstance(service, apprise.NotifyBase):
            what = f"The target {self._shown} is no URL that Apprise {apprise.__version__} can use."
            raise SendError(what, error_class="bad_request", hint=_HINT)
        service.retry = 0  # first: len() of a service counts its retries
        self._check(service)
        service.redirects = False
        # Its throttle sleeps by the wall clock: an hour set back would make it sleep for an hour.
        service.request_rate_per_sec = 0
        self._service, self._headers = service, dict(getattr(service, "headers", None) or {})
        self._mail = Mail(service, self._shown, html=_html(url)) if _plain_mail(service) else None
        self._apprise = apprise.Apprise(asset=_asset())
        self._apprise.add(service)

    def send(self, alert: Alert, idempotency_key: str) -> None:
        """Hand over title and text; raises SendError with what Apprise logged."""
        if self._mail is not None:
            self._mail.send(alert, idempotency_key)
            return
        bind(self._service, alert, self._headers)
        result = self._apprise.notify(
            title=alert.title,
            body=rendering.text(alert, idempotency_key),
            body_format=apprise.NotifyFormat.TEXT,
            notify_type=_kind(alert),
            attach=(attachments(alert) or None) if getattr(self._service, "attachment_support", False) else None,
            log_level=logging.DEBUG,
        )
        # Never by truth alone: a target with optional=yes fails and says success.
        if result.status is apprise.AppriseResultStatus.SUCCESS and all(_succeeded(one) for one in result):
            return
        failure, said = classify((e.level, e.message) for one in result for a in one.attempts for e in a.logs)
        what = f"{self._shown} did not take it: {short(said) or result.status.name}"
        raise SendError(
            what,
            error_class=failure.error_class,
            permanent=failure.permanent,
            ambiguous=failure.ambiguous,
        )

    def _check(self, service: apprise.NotifyBase) -> None:
        if getattr(service, "optional", False):
            what = f"The target {self._shown} has optional=yes, with which a failure looks like a success."
            raise SendError(what, error_class="bad_request", hint="Take optional=yes out of the URL.")
        copies = [*(getattr(service, "cc", None) or ()), *(getattr(service, "bcc", None) or ())]
        if len(service) > 1 or copies:
            what = f"The target {self._shown} has {len(service) + len(copies)} recipients."
            hint = "Write one target for each: only so can one be tried again without sending to the others twice."
            raise SendError(what, error_class="bad_request", hint=hint)


def _asset() -> apprise.AppriseAsset:
    return apprise.AppriseAsset(
        app_id="keywatch",
        app_desc="keywatch",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        service_timeout=0,
        http_redirects=False,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
        secure_logging=True,
        interpret_emojis=False,
        interpret_escapes=False,
    )


def _plain_mail(service: apprise.NotifyBase) -> bool:
    """Whether it is a mail that we write ourselves; Apprise signs and encrypts its own."""
    known: Any = service
    return type(service).__name__ == "NotifyEmail" and known.pgp_mode == "no" and bool(known.targets)


def _html(url: str) -> bool:
    return "format=text" not in url.rpartition("?")[2].split("&")


def _succeeded(one: apprise.NotifyResult) -> bool:
    return bool(one.attempts) and one.attempts[-1].status is apprise.AppriseResultStatus.SUCCESS


def _kind(alert: Alert) -> apprise.NotifyType:
    if alert.kind == "resolved":
        return apprise.NotifyType.SUCCESS
    if alert.kind in {"test", "report"}:
        return apprise.NotifyType.INFO
    return apprise.NotifyType.FAILURE if alert.severity.rank >= Severity.HIGH.rank else apprise.NotifyType.WARNING
