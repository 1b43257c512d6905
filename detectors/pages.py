"""The detectors' pages of the documentation, written from their facts, docstrings, settings and examples."""

import dataclasses

from detectors.declare import Detector
from detectors.examples import examples, source
from detectors.folding.failure import FAILED
from detectors.registry import load, names
from detectors.settings import show

_ABOUT = {
    "rule": "Rule: a threshold with a window. It has no budget.",
    "statistical": "Statistical: fires at the p-value that the budget of false alarms allows (docs/why.md).",
    "standing": "Standing: judged as of the end of the window; resolves when the condition no longer holds.",
}


def pages() -> dict[str, str]:
    """File name to Markdown: `index.md` and one page for each detector."""
    found = [load(name) for name in names()]
    written = {f"{each.id}.md": page(each) for each in (*found, FAILED)}
    return {"index.md": _index([*found, FAILED]), **written}


def page(detector: Detector) -> str:
    """One detector's page."""
    parts = [
        f"# {detector.id}: {detector.title}",
        *([detector.logic] if detector.logic else []),
        _facts(detector),
        f"## Why it matters\n\n{detector.why}",
        f"## False alarms\n\n{detector.false_alarms}",
        f"## What to do\n\n{detector.runbook}",
    ]
    if detector.id != FAILED.id:
        parts += [_settings(detector), _examples(detector)]
    return "\n\n".join(parts) + "\n"


def _index(detectors: list[Detector]) -> str:
    lines = [f"| [{each.id}]({each.id}.md) | {each.title} | {each.severity} | {each.kind} |" for each in detectors]
    head = "# Detectors\n\n| detector | what it notices | severity | kind |\n|---|---|---|---|"
    return "\n".join([head, *lines]) + "\n"


def _facts(detector: Detector) -> str:
    rows = {
        "Severity": str(detector.severity),
        "Kind": _ABOUT[detector.kind],
        "Reads": ", ".join(f"`{name}`" for name in detector.frames) or "nothing",
        "MITRE ATT&CK": ", ".join(detector.attack),
        "OWASP API Security": ", ".join(detector.owasp),
        "Controls": ", ".join(detector.controls),
    }
    if detector.kind != "standing":
        rows["Resolves after"] = f"{show(detector.quiet)} of quiet"
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows.items() if text)])


def _settings(detector: Detector) -> str:
    defaults = detector.settings()
    values = {item.name: getattr(defaults, item.name) for item in dataclasses.fields(defaults)}
    lines = [f"{name} = {_toml(value)}" for name, value in values.items()]
    return "\n".join(["## Settings", "", "```toml", f"[detectors.{detector.id}]", *lines, "```"])


def _toml(value: object) -> str:
    return str(value) if isinstance(value, (int, float)) else f'"{show(value)}"'


def _examples(detector: Detector) -> str:
    each = [f"- {'fires' if one.fires else 'stays silent'}: {one.name}" for one in examples(detector.id)]
    return "\n".join(["## Examples", "", *each, "", "```toml", source(detector.id).strip(), "```"])
