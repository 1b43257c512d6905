"""A message's text taken apart by form, for media that can set it: facts, lists, advice and commands.

The text is the one source: what a medium shows is what every other shows, budgets and "+N more" too, and the user's own
words from a template are set in the same way. Only addresses that keywatch made itself (`links` of `alerts.payload`)
are links; all else is words.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from model.incident import Alert

_FACT = re.compile(r"^([A-Z][A-Za-z ]{1,18}): (.+)$")
_ITEM: Final = "- "
_ADVICE: Final = "What to do: "
_MORE = re.compile(r"^\+[\d,]+ more$")
_LEAD = re.compile(r"^\[\w+\] (?:Update: |Reminder: |Not acknowledged: |Resolved: )?")
_COMMANDS: Final = frozenset({"Acknowledge", "Silence", "More"})
_BUTTONS: Final = {"incident": "Open the incident", "key": "Open the key"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One paragraph."""

    kind: Literal["words", "facts", "list", "advice", "commands"]
    lines: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    """Label and value: of facts and commands."""
    heading: str = ""
    """Of a list."""
    more: str = ""
    """Of a list: how many it leaves out."""


def heading(alert: Alert) -> str:
    """The title without severity and kind, for media that show these beside it."""
    return _LEAD.sub("", alert.title)


def links(alert: Alert) -> list[tuple[str, str]]:
    """The words of each button, and where it leads."""
    return [(_BUTTONS[name], url) for name, url in _links(alert).items()]


def parts(alert: Alert) -> list[Part]:
    """The body's paragraphs, without the headline (the title says it) and without what `links` holds."""
    left_out = {heading(alert), *(f"{name.capitalize()}: {url}" for name, url in _links(alert).items())}
    blocks = (
        [line for line in block.splitlines() if line.strip() and line not in left_out]
        for block in alert.body.split("\n\n")
    )
    return [part for lines in blocks if lines for part in _parts(lines)]


def _links(alert: Alert) -> dict[str, str]:
    named = alert.payload.get("links")
    known = named if isinstance(named, Mapping) else {}
    return {name: url for name in _BUTTONS if isinstance(url := known.get(name), str) and url.startswith("http")}


def _parts(lines: Sequence[str]) -> Iterator[Part]:
    facts = tuple((match[1], match[2]) for line in lines if (match := _FACT.match(line)))
    if lines[0].startswith(_ADVICE):
        yield Part(kind="advice", lines=("\n".join(lines).removeprefix(_ADVICE),))
    elif any(line.startswith(_ITEM) for line in lines):
        yield _listed(lines)
    elif len(facts) == len(lines) and facts[0][0] in _COMMANDS:
        yield Part(kind="commands", facts=facts)
    elif len(facts) == len(lines) and len(facts) > 1:
        yield Part(kind="facts", facts=facts)
    else:
        yield Part(kind="words", lines=tuple(lines))


def _listed(lines: Sequence[str]) -> Part:
    items = tuple(line.removeprefix(_ITEM) for line in lines if line.startswith(_ITEM))
    others = [line for line in lines if not line.startswith(_ITEM)]
    more = next((line for line in others if _MORE.match(line)), "")
    head = " ".join(line for line in others if line != more).rstrip(":")
    return Part(kind="list", heading=head, lines=items, more=more)
