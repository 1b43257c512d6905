"""The heartbeat: a URL that is asked after each good round, so that somebody else notices when we are gone."""

import http.client
import urllib.error
import urllib.request

from alerts.channels.interface import SendError
from alerts.channels.redact import hide, mask, short
from alerts.channels.webhook import NoRedirect

TIMEOUT = 10.0
"""Seconds for each step."""


def ping(url: str) -> None:
    """GET the URL; any 2xx will do. Raises SendError, whose text shows no token."""
    hide(url)
    opener = urllib.request.build_opener(NoRedirect())
    request = urllib.request.Request(url, headers={"User-Agent": "keywatch"})  # noqa: S310 (the config's own URL)
    try:
        with opener.open(request, timeout=TIMEOUT):
            return
    except urllib.error.HTTPError as error:
        error.close()
        said = f"answered {error.code}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        said = f"cannot be reached: {short(str(getattr(error, 'reason', error)))}"
    what = f"The heartbeat {mask(url)} {said}."
    raise SendError(what, error_class="network", hint="See [alerts] heartbeat.")
