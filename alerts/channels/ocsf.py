"""An alert as an OCSF 1.3 Detection Finding (class 2004), for a SIEM: one JSON object a message."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from model.incident import Alert

_CATEGORY: Final = 2
_CLASS: Final = 2004
_SEVERITIES: Final = {"info": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
_ACTIVITIES: Final = {"opened": (1, "Create"), "resolved": (3, "Close")}
_UPDATE: Final = (2, "Update")
_STATUSES: Final = {"open": (1, "New"), "acknowledged": (2, "In Progress"), "resolved": (4, "Resolved")}
_OTHER: Final = (99, "Other")
_IP: Final = 2
"""The observable's type_id of an IP address."""


def document(alert: Alert, idempotency_key: str) -> dict[str, object]:
    """The finding; times are milliseconds since 1970 (UTC), as the schema has them."""
    incident = _table(alert.payload.get("incident"))
    activity, name = _ACTIVITIES.get(alert.kind, _UPDATE)
    status, status_name = _STATUSES.get(str(incident.get("status")), _OTHER)
    severity = str(alert.severity)
    found: dict[str, object] = {
        "category_uid": _CATEGORY,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Detection Finding",
        "activity_id": activity,
        "activity_name": name,
        "type_uid": _CLASS * 100 + activity,
        "time": _milliseconds(alert.created_at),
        "severity_id": _SEVERITIES[severity],
        "severity": severity.capitalize(),
        "status_id": status,
        "status": status_name,
        "message": alert.title,
        "metadata": {
            "version": "1.3.0",
            "uid": alert.id,
            "correlation_uid": str(alert.incident_id),
            "product": {"name": "keywatch", "vendor_name": "keywatch"},
            "labels": [f"idempotency_key:{idempotency_key}", f"kind:{alert.kind}"],
        },
        "finding_info": _finding_info(alert, incident),
        "observables": _observables(incident),
        "resources": _resources(alert),
    }
    return {name: value for name, value in found.items() if value not in ([], None)}


def _finding_info(alert: Alert, incident: Mapping[str, Any]) -> dict[str, object]:
    findings = [one for one in alert.payload.get("findings") or [] if isinstance(one, dict)]  # type: ignore[attr-defined]
    attacks = sorted({str(attack) for one in findings for attack in one.get("attack", [])})
    info: dict[str, object] = {
        "uid": str(alert.incident_id) or alert.id,
        "title": alert.title,
        "desc": alert.body,
        "created_time": _milliseconds(alert.created_at),
        "first_seen_time": _of_text(incident.get("opened_at")),
        "last_seen_time": _of_text(incident.get("last_seen")),
        "types": sorted({str(one.get("detector")) for one in findings}),
        "attacks": [{"technique": {"uid": attack}, "version": "17"} for attack in attacks],
        "related_events": [
            {"uid": str(one.get("id")), "type": str(one.get("detector")), "desc": str(one.get("title"))}
            for one in findings
        ],
    }
    return {name: value for name, value in info.items() if value not in ([], None)}


def _observables(incident: Mapping[str, Any]) -> list[dict[str, object]]:
    ip = incident.get("ip")
    return [{"name": "src_endpoint.ip", "type": "IP Address", "type_id": _IP, "value": ip}] if ip else []


def _resources(alert: Alert) -> list[dict[str, object]]:
    key = _table(alert.payload.get("key"))
    if not key:
        return []
    resource = {"uid": key.get("id"), "name": key.get("name"), "type": "API key"}
    owner = {"owner": {"name": key["owner"]}} if key.get("owner") else {}
    return [{**{name: value for name, value in resource.items() if value}, **owner}]


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _of_text(value: object) -> int | None:
    return _milliseconds(datetime.fromisoformat(value)) if isinstance(value, str) else None


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
