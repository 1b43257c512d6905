"""generic-name: see the docstring of `score`."""

import re
from dataclasses import dataclass
from typing import Final

import pandas as pd

from detectors.declare import HOUR, Frames, detector
from detectors.scores import to_frame
from detectors.shared.hygiene import began, blank, each, fault, folded
from detectors.shared.lifetimes import alive
from model.finding import Severity
from model.window import Window

_SAYING_NOTHING: Final = frozenset(
    word
    for line in (
        "a access api apikey app asdf auth bar copy credential default demo dummy example final first foo foobar key",
        "keys latest my mykey name new newkey no none of old quick sample second secret temp temporary test testing",
        "testkey the tmp token unnamed untitled user v xxx",
    )
    for word in line.split()
)
_WORDS: Final = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """It has none."""


@detector(
    id="generic-name",
    severity=Severity.LOW,
    kind="standing",
    frames=("keys",),
    settings=Settings,
    quiet=HOUR,
    attack=("T1078",),
    owasp=("API9:2023",),
    controls=("CC6.1",),
)
def score(frames: Frames, window: Window, _settings: Settings) -> pd.DataFrame:
    """A key whose name says nothing.

    An active key with a name of nothing but words such as key, test, new, my, api, token, temp and numbers: "Key1",
    "test", "New key (2)". A key without any name is not told. When most names are so, that is one finding.

    Why it matters: in an incident the name is the first clue to what a key opens and who needs it, and nobody dares to
    revoke "Key1".

    False alarms: a product that is called so.

    What to do: name it after the service and the environment that use it: `billing-prod`.
    """
    keys = frames["keys"][alive(frames["keys"], window.until)]
    named = keys[~blank(keys["name"])]
    rows = [
        fault(
            key.key_id,
            began(key, window.until),
            window.until,
            title="Key {key} has a name that says nothing",
            summary="From its name nobody can tell what it is for.",
        )
        for key in each(named[named["name"].map(says_nothing).astype(bool)])
    ]
    todo = "Ask for a purpose when keys are made."
    return to_frame(folded(rows, len(named), window.until, what="have a name that says nothing", todo=todo))


def says_nothing(name: str) -> bool:
    """Whether a name has no word that tells one key from another; letters beyond ASCII may well tell."""
    return name.isascii() and set(_WORDS.findall(name.lower())) <= _SAYING_NOTHING
