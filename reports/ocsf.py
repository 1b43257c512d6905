"""findings.ocsf.json for a SIEM: OCSF 1.6, Detection Finding (2004) and IAM Analysis Finding (2008), one object a line.

Each finding is a Detection Finding; each key that somebody must decide about is an IAM Analysis Finding, whose subject
is the key's user and whose credential is the key. Times are milliseconds since 1970 (UTC), as the schema has them.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Final

from reports.records import FindingEntry, KeyEntry
from reports.snapshot import Snapshot
from reports.standing import needing

_VERSION: Final = "1.6.0"
_SEVERITIES: Final = {"info": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
_STATUSES: Final = {"open": (1, "New"), "acknowledged": (2, "In Progress"), "muted": (3, "Suppressed")}
_RESOLVED: Final = (4, "Resolved")
_DETECTION: Final = (2004, "Detection Finding")
_IAM: Final = (2008, "IAM Analysis Finding")
_IP: Final = 2
"""The observable's type_id of an IP address."""
_GRAVE: Final = frozenset({"used-after-end", "never-used"})


def pieces(snapshot: Snapshot) -> Iterator[bytes]:
    """The file as a JSON array with one object a line."""
    separator = "[\n"
    analyses = (_analysis(key, snapshot) for key in needing(snapshot.keys))
    for found in chain(map(_detection, snapshot.findings), analyses):
        record = {name: value for name, value in found.items() if value not in (None, [], {})}
        yield (separator + json.dumps(record, ensure_ascii=False)).encode()
        separator = ",\n"
    yield b"\n]\n" if separator == ",\n" else b"[]\n"


def count(snapshot: Snapshot) -> int:
    """How many objects there are."""
    return len(snapshot.findings) + len(needing(snapshot.keys))


def _detection(finding: FindingEntry) -> dict[str, object]:
    activity = (1, "Create") if finding.status == "open" else (3, "Close")
    if finding.status in {"acknowledged", "muted"}:
        activity = (2, "Update")
    status = _STATUSES.get(finding.status, _RESOLVED)
    info = {
        "uid": finding.id,
        "title": finding.title,
        "desc": finding.summary,
        "created_time": _milliseconds(finding.detected_at),
        "first_seen_time": _milliseconds(finding.first_seen),
        "last_seen_time": _milliseconds(finding.last_seen),
        "types": [finding.detector],
        "attacks": [{"technique": {"uid": attack}} for attack in finding.attack],
    }
    return {
        **_head(_DETECTION, activity, finding.last_seen, finding.severity, finding.id),
        "status_id": status[0],
        "status": status[1],
        "message": finding.title,
        "count": finding.count,
        "finding_info": {name: value for name, value in info.items() if value},
        "observables": _address(finding.ip),
        "resources": _key(finding.key_id, finding.key_name, finding.owner),
        "unmapped": {"controls": list(finding.controls)} if finding.controls else None,
    }


def _analysis(key: KeyEntry, snapshot: Snapshot) -> dict[str, object]:
    at = snapshot.cover.as_of
    severity = "medium" if _GRAVE & set(key.flags) else "low"
    name = key.name or key.key_id
    credential = {"uid": key.key_id, "type": "API Key", "last_used_time": _or_none(key.last_use)}
    metrics = {
        "first_seen_time": _or_none(key.first_seen),
        "last_seen_time": _or_none(key.last_seen),
        "last_authentication_time": _or_none(key.last_success),
        "programmatic_credentials": [{n: value for n, value in credential.items() if value is not None}],
    }
    return {
        **_head(_IAM, (1, "Create"), at, severity, f"{snapshot.cover.report_id}:{key.key_id}"),
        "status_id": 1,
        "status": "New",
        "message": f"Key {name} needs a decision: {', '.join(key.flags)}",
        "finding_info": {
            "uid": f"{snapshot.cover.report_id}:{key.key_id}",
            "title": f"Key {name} needs a decision",
            "created_time": _milliseconds(at),
            "types": list(key.flags),
        },
        "identity_activity_metrics": {n: value for n, value in metrics.items() if value is not None},
        "user": {"name": key.owner, "type_id": 99, "type": "Owner"} if key.owner else None,
        "resources": _key(key.key_id, key.name, key.owner),
    }


def _head(kind: tuple[int, str], activity: tuple[int, str], at: datetime, severity: str, uid: str) -> dict[str, object]:
    return {
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": kind[0],
        "class_name": kind[1],
        "activity_id": activity[0],
        "activity_name": activity[1],
        "type_uid": kind[0] * 100 + activity[0],
        "time": _milliseconds(at),
        "severity_id": _SEVERITIES[severity],
        "severity": "Informational" if severity == "info" else severity.capitalize(),
        "metadata": {
            "version": _VERSION,
            "uid": uid,
            "product": {"name": "keywatch", "vendor_name": "keywatch"},
        },
    }


def _address(ip: str | None) -> list[Mapping[str, object]]:
    return [{"name": "src_endpoint.ip", "type": "IP Address", "type_id": _IP, "value": ip}] if ip else []


def _key(key_id: str | None, name: str | None, owner: str | None) -> list[Mapping[str, object]]:
    if key_id is None:
        return []
    named = {"uid": key_id, "name": name, "type": "API key"}
    resource: dict[str, object] = {field: value for field, value in named.items() if value}
    return [resource | ({"owner": {"name": owner}} if owner else {})]


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _or_none(at: datetime | None) -> int | None:
    return None if at is None else _milliseconds(at)
