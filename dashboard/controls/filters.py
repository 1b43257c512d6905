"""The filters of the Explore page: each a control whose values stand in the URL, together one `Match`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from dashboard import words
from dashboard.known import key_search
from dashboard.known.portrait import Portrait
from dashboard.palette import OUTCOMES
from store.queries.matching import Dimension, Match, Text, Values

KEYS: Final = "keys"
"""The parameter of the keys: `key` is the one of the key page."""
OWNED: Final = ("owner", "environment")
"""What the inventory knows of a key, and no log: told apart by key, and then joined."""
LABELS: Final[Mapping[str, str]] = {
    "status": "Outcome", KEYS: "Key", "owner": "Owner", "environment": "Environment", "ip": "Address",
    "network": "Network", "client": "Client", "route": "Route", "method": "Method", "host": "Host",
    "country": "Country", "asn": "Operator",
}  # fmt: skip
"""Parameter to its name on the page, in the order of the page; what one can group by too."""
TEXTS: Final[Mapping[str, tuple[str, Text]]] = {"path": ("Path has", "path"), "agent": ("User agent has", "user_agent")}
"""Parameter to its name on the page and what requests have its value in; nothing to group by."""
NOT: Final = "not"
"""The parameter of what is left out: `ip:203.0.113.9`, the name of another one and its value."""
NONE: Final = "(none)"
"""Of requests without a credential or a host, and of all that has no owner or environment in the inventory."""
_STORED: Final = frozenset(LABELS) - {KEYS, *OWNED}
"""What the store tells requests apart by."""
SUGGESTED: Final[tuple[str, ...]] = ("ip", "network", "client", "route", "host", "country", "asn")
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_PENDING: Final = "pending_filters"
_A_ROW: Final = 5
_OFFERED: Final = 5
"""Values of each filter that are offered to be left out."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What was chosen: parameter to its values, as they stand in the URL; nothing for what is not filtered."""

    of: Mapping[str, tuple[str, ...]]

    def match(self, known: Mapping[str, Portrait]) -> Match:
        """The requests that all filters let through; `known` are the portraits of all keys by identity."""
        meant = [_refs(name, self.of[name], known) for name in (KEYS, *OWNED) if name in self.of]
        wanted = [_named(name, values) for name, values in self.of.items() if name in _STORED]
        unwanted = []
        for each in self.of.get(NOT, ()):
            name, _, value = each.partition(":")
            if name in _STORED:
                unwanted.append(_named(name, (value,)))
            elif name in LABELS:
                refs, theirs = _refs(name, (value,), known)
                meant.append((refs, not theirs))
        keys = [_keys(set.intersection(*those))] if (those := [refs for refs, theirs in meant if theirs]) else []
        return Match(
            wanted=(*keys, *wanted),
            unwanted=(*(_keys(refs) for refs, theirs in meant if not theirs), *unwanted),
            holding=tuple((text, self.of[name][0]) for name, (_, text) in TEXTS.items() if name in self.of),
        )


def _refs(name: str, values: Sequence[str], known: Mapping[str, Portrait]) -> tuple[set[str | None], bool]:
    """What a filter of keys, owners or environments means: requests with these key_refs (True), or all others (False).

    None stands for requests without a credential. What nobody owns is told by what somebody does: of folded unknown
    credentials there is no list.
    """
    if name in OWNED:
        owned = owned_by(known.values(), name)
        if NONE in values:
            return {ref for each, refs in owned.items() if each not in values for ref in refs}, False
        return {ref for each in values for ref in owned.get(each, ())}, True
    found: set[str | None] = set()
    for each in values:
        if each == NONE:
            found.add(None)
        elif (portrait := key_search.named(known, each)) is not None:
            found |= set(portrait.refs)
        else:
            found.add(key_search.identity_of(each))
    return found, True


def _keys(refs: set[str | None]) -> tuple[Dimension, Values]:
    return "key", tuple(sorted(refs, key=str))


def _named(name: str, values: Sequence[str]) -> tuple[Dimension, Values]:
    read = _outcome if name == "status" else _value
    return name, tuple(read(each) for each in values)  # type: ignore[return-value]  # names of dimensions


def owned_by(portraits: Iterable[Portrait], attribute: str) -> dict[str, list[str | None]]:
    """The key_refs of every owner or environment of the inventory; NONE has those of keys without any, and null."""
    found: dict[str, list[str | None]] = {NONE: [None]}
    for portrait in portraits:
        found.setdefault(portrait.of(attribute) or NONE, []).extend(portrait.refs)
    return found


def outcome_label(outcome: str) -> str:
    """What an outcome is called among the filters."""
    return next((word for known, (word, _) in OUTCOMES.items() if known.value == outcome), outcome)


def add(parameter: str, value: str) -> None:
    """Filter by one more value from the next run on; what was chosen to say so may stay chosen."""
    if value not in (st.session_state.get(parameter) or ()):
        st.session_state[_PENDING] = (parameter, value)
        st.rerun()


def control(suggested: Mapping[str, Sequence[str]]) -> Filters:
    """Draw the filters; `suggested` are the busiest values of those that have too many to list."""
    _take_over()
    options: dict[str, Sequence[str]] = {
        **suggested,
        "status": [word for word, _ in OUTCOMES.values()],
        "method": _METHODS,
    }
    options[NOT] = [f"{name}:{value}" for name, values in options.items() for value in values[:_OFFERED]]
    names = [*LABELS, *TEXTS, NOT]
    with st.container(key="filters", gap="xsmall"):
        for start in range(0, len(names), _A_ROW):
            for column, name in zip(st.columns(_A_ROW, gap="small"), names[start : start + _A_ROW], strict=True):
                with column:
                    _control(name, options.get(name, ()))
    chosen = {name: tuple(str(each) for each in st.session_state.get(name) or ()) for name in (*LABELS, NOT)}
    for each in chosen[NOT]:
        if each.partition(":")[0] not in LABELS:
            st.text(f"△ {words.text(each)} leaves nothing out. Write a name and a value: ip:203.0.113.9, status:401.")
    chosen |= {name: (text,) for name in TEXTS if (text := str(st.session_state.get(name) or "").strip())}
    return Filters({name: values for name, values in chosen.items() if values})


def _control(name: str, options: Sequence[str]) -> None:
    if name in TEXTS:
        st.text_input(TEXTS[name][0], key=name, bind="query-params", placeholder="Any")
        return
    label, none = ("Leave out", "Nothing") if name == NOT else (LABELS[name], "Any")
    st.multiselect(label, options, key=name, bind="query-params", placeholder=none, accept_new_options=True)


def clear() -> None:
    """Let everything through; only in a callback."""
    for name in (*LABELS, NOT):
        st.session_state[name] = []
    for name in TEXTS:
        st.session_state[name] = ""


def _take_over() -> None:
    pending = st.session_state.pop(_PENDING, None)
    if pending is not None:
        parameter, value = pending
        st.session_state[parameter] = [*(st.session_state.get(parameter) or ()), value]


def _value(text: str) -> str | None:
    return None if text == NONE else text


def _outcome(text: str) -> str:
    """An outcome by its value, its word, or the code that its word begins with."""
    for outcome, (word, _) in OUTCOMES.items():
        if text in {outcome.value, word, word.partition(" ")[0]}:
            return outcome.value
    return text
