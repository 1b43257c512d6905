"""`https://…`: our own sender of a JSON document, since Apprise shows neither the status nor Retry-After.

With a secret each request is signed: `X-Keywatch-Signature: t=<seconds>,v1=<hex>`, where hex is HMAC-SHA256 of the
secret over `<seconds>.<body>`. A receiver compares in constant time and refuses old seconds.
"""

import base64
import hashlib
import hmac
import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import IO
from urllib.parse import unquote, urlsplit, urlunsplit

from alerts.channels.interface import SendError
from alerts.channels.redact import hide, mask, short
from alerts.channels.status import of_http, retry_after
from alerts.payload import complete
from model.clock import Clock
from model.incident import Alert

TIMEOUT = 10.0
"""Seconds for each step (connect, write, read); receivers are told to answer first and work later."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the message, and its credentials, to somebody the config does not name."""

    def redirect_request(  # noqa: PLR0917 (the base class calls it so)
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> None:
        """Follow none: the 3xx is then an error like any other."""


class WebhookChannel:
    """A receiver of documents by POST: `keywatch.alert/1`, or what `document` makes of an alert and its key."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        secret: str | None = None,
        timeout: float = TIMEOUT,
        document: Callable[[Alert, str], object] = complete,
    ) -> None:
        """Open nothing yet. A user and password in the URL become Basic authorization. Raises SendError."""
        hide(url)
        self._shown, self._clock, self._timeout = mask(url), clock, timeout
        self._secret, self._document = secret, document
        parts = urlsplit(url)
        if not parts.hostname:
            what = f"The target {self._shown} names no host."
            raise SendError(what, error_class="bad_request", hint="Write https://host/path.")
        self._headers = {"Content-Type": "application/json", "User-Agent": "keywatch"}
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        host = parts.netloc.rpartition("@")[2]
        self._url = urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))
        self._opener = urllib.request.build_opener(NoRedirect())

    def send(self, alert: Alert, idempotency_key: str) -> None:
        """POST the document; any 2xx is taken for received. Raises SendError."""
        body = json.dumps(self._document(alert, idempotency_key)).encode()
        request = urllib.request.Request(  # noqa: S310 (the registry lets only http and https come here)
            self._url,
            data=body,
            headers={**self._headers, "Idempotency-Key": idempotency_key, **self._signed(body)},
            method="POST",
        )
        try:
            with self._opener.open(request, timeout=self._timeout):
                return
        except urllib.error.HTTPError as error:
            error.close()
            raise self._refused(error) from None
        except urllib.error.URLError as error:  # before the request was written
            raise self._failed(error.reason, ambiguous=False) from None
        except (OSError, http.client.HTTPException) as error:  # after it was written: it may have arrived
            raise self._failed(error, ambiguous=True) from None

    def _signed(self, body: bytes) -> dict[str, str]:
        if self._secret is None:
            return {}
        at = str(int(self._clock.now().timestamp()))
        mark = hmac.new(self._secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        return {"X-Keywatch-Signature": f"t={at},v1={mark}"}

    def _refused(self, error: urllib.error.HTTPError) -> SendError:
        error_class, permanent = of_http(error.code)
        what = f"{self._shown} answered {error.code} {short(str(error.reason))}".rstrip() + "."
        wait = retry_after(error.headers.get("Retry-After"), self._clock.now()) if error.headers else None
        return SendError(what, error_class=error_class, permanent=permanent, retry_after=wait, hint=_hint(error.code))

    def _failed(self, reason: object, *, ambiguous: bool) -> SendError:
        if isinstance(reason, ssl.SSLCertVerificationError):
            what = f"{self._shown} has a certificate that is not trusted: {short(reason.verify_message)}."
            return SendError(what, error_class="network")
        if isinstance(reason, TimeoutError):
            what = f"{self._shown} did not answer within {self._timeout:g} s."
            return SendError(what, error_class="timeout" if ambiguous else "network", ambiguous=ambiguous)
        what = f"{self._shown} cannot be reached, or broke off: {short(str(reason))}."
        return SendError(what, error_class="network", ambiguous=ambiguous)


def _hint(status: int) -> str | None:
    if http.HTTPStatus.MULTIPLE_CHOICES <= status < http.HTTPStatus.BAD_REQUEST:
        return "Redirects are not followed; write the address that it leads to."
    return None
