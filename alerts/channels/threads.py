"""What makes a service take the messages of one incident together: a mail thread, or a deduplication key.

Apprise has a place for each. Mail: References and In-Reply-To name a message that never was, one for each incident,
which is how readers thread (a Message-ID of ours would make two: Apprise writes its own). PagerDuty and its like: the
incident's id is the key, so an update folds into the open one and a resolution closes it.
"""

from typing import Any

from model.incident import Alert


def bind(service: Any, alert: Alert, headers: dict[str, str]) -> None:  # noqa: ANN401 (a plugin: what it has differs)
    """Prepare a service for one message; `headers` are those that its URL asked for."""
    incident = str(alert.incident_id)
    if hasattr(service, "smtp_host"):
        root = {"References": f"<{incident}@keywatch>", "In-Reply-To": f"<{incident}@keywatch>"} if incident else {}
        service.headers = {**root, **headers}
    if hasattr(service, "dedup") and hasattr(service, "action"):
        service.dedup = incident or alert.id
        service.action = "map"
    elif hasattr(service, "alias"):
        service.alias = incident or alert.id
