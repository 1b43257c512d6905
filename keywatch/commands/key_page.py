"""One key as text for people; the data is that of `keys show --json`."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

_FACTS: Final = ("key_id", "name", "hint", "owner", "team", "environment", "status", "source", "successor")
_DATES: Final = ("created_at", "rotated_at", "expires_at", "revoked_at", "removed_at", "pulled_at")
_WIDE: Final = 14


def lines(key: Mapping[str, Any]) -> Iterator[str]:
    """Facts, last use, rotations, exceptions and history."""
    yield from _facts(key)
    for one in key["rotations"]:
        yield from ("", f"Rotation {one['old']} -> {one['new']} ({one['linked_by']}): {one['state']}")
        for number, step in enumerate(one["steps"], start=1):
            at = f"{_text(step['at'])}  " if step["at"] else ""
            yield f"  {number}. {step['step']:<15}{step['state']:<9}{at}{step['says']}"
    if key["exceptions"]:
        yield from ("", "Exceptions", *map(_exception, key["exceptions"]))
    yield from ("", "History")
    for one in key["history"]:
        yield f"  {_text(one['at'])}  {one['field']}: {one['before'] or '-'} -> {one['after'] or '-'}"


def _facts(key: Mapping[str, Any]) -> Iterator[str]:
    for name in (*_FACTS, *_DATES):
        if key[name] is not None:
            by = f" (found by {key['successor_by']})" if name == "successor" else ""
            yield _line(name.replace("_", " "), _text(key[name]) + by)
    for name in ("scopes", "key_refs"):
        if key[name]:
            yield _line(name.replace("_", " "), ", ".join(map(str, key[name])))
    if key["labels"]:
        yield _line("labels", ", ".join(f"{name}={value}" for name, value in sorted(key["labels"].items())))
    yield _line("last used", _last_use(key["last_used"], key["source"]))
    for one in key["listed_by"]:
        gone = f", no more since {_text(one['gone_at'])}" if one["gone_at"] else ""
        yield _line("listed by", f"{one['source']} since {_text(one['since'])}{gone}")


def _exception(one: Mapping[str, Any]) -> str:
    state = "holds" if one["holds"] else "ended" if one["ended_at"] else "expired"
    rules = ", ".join(one["rules"]) or "all rules"
    said = f"{one['reason']} (approved by {one['approver']})"
    return f"  {one['id']}. {state} until {_text(one['until'])}: {rules}. {said}"


def _last_use(used: Mapping[str, Any], source: str) -> str:
    since = f"logs since {_text(used['logs_since'])}" if used["logs_since"] else "no logs are read"
    if used["source_since"]:
        since += f", {source} since {_text(used['source_since'])}"
    if used["at"] is None:
        return f"no use is known ({since})"
    detail = f", {used['detail']}" if used["detail"] else ""
    return f"{_text(used['at'])}, told by {used['told_by']}{detail} ({since})"


def _line(name: str, text: str) -> str:
    return f"{name:<{_WIDE}}{text}"


def _text(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M}Z" if isinstance(value, datetime) else str(value)
