"""Sentences that the report says whatever the data is."""

from typing import Final

_LOGS: Final = (
    "The report shows what the listed log sources recorded and what the inventory said when it was pulled. A use that"
    " went past these logs is not in it, so a key without any use here may be in use elsewhere."
)
_IDENTITY: Final = (
    "A request that carried a key shows that somebody had the key, not who that was; addresses and user agents can be"
    " shared or forged."
)
_FILES: Final = (
    "The signature shows that these files are those that the holder of the key sealed, and the chain of reports and the"
    " audit log show whether one was taken out. Neither shows that the logs and the inventory were complete and true"
    " before they were read, nor that whoever holds the key did not seal two versions."
)
_SILENCE: Final = (
    "That no finding was raised does not prove that nothing happened: detectors look for what their thresholds describe"
    " and for nothing else."
)
LIMITS: Final = (_LOGS, _IDENTITY, _FILES, _SILENCE)
"""What the evidence does not prove."""

NOT_PROVEN: Final = {
    "scope": "that the listed sources are all that there are: keywatch knows of the logs and inventories that it was"
    " given, and a gap looks like a quiet hour.",
    "method": "that the thresholds are right for these keys; it shows which were in force when the report was made.",
    "summary": "that a key which no card counts is harmless: the cards ask about dates, owners and use, not about what"
    " a key may open.",
    "inventory": "that these are all keys, that owner and scopes are as the provider enforces them, or that a key"
    " without any use here is unused elsewhere.",
    "findings": "that nothing else happened: detectors see what their thresholds describe, and a finding is a"
    " suspicion until a person has looked.",
    "alerts": "that anybody read an alert: delivered means that the target took it.",
    "changes": "who changed a key where it lives, or when: of an inventory only the difference between two pulls is"
    " seen, at the time of the second.",
    "rotations": "that all clients have moved: callers that were silent since, or that go past these logs, are not"
    " counted, and calls from the same network are taken for the same client.",
    "exceptions": "that a compensating control works, or that the approver had the right to approve: it shows what was"
    " entered, by whom and until when.",
    "review": "that a reviewer looked: it shows that each key got a decision with a reason from somebody who is not"
    " its owner.",
    "controls": "that a control is designed well or operated all the time; an auditor judges that.",
}
"""Section to what its evidence does not prove."""

_USED: Final = (
    "A use is known. It is the key's last successful request in the logs (its last request, if none ever succeeded) or"
    " the last use that the inventory's provider tells, whichever is later; the table says which."
)
_NEVER: Final = (
    "No use is known, and one would have been seen: telemetry began before the key was created, or the inventory's"
    " provider tells last uses and has none for this key."
)
_TELEMETRY: Final = (
    "The key is older than the telemetry and was not seen since. Whether it was used before is not known; the idle days"
    " are a lower bound, counted from the first event and shown with ≥."
)
_UNKNOWN: Final = (
    "Nobody would have seen a use: no log source carries the key, the inventory does not say when it was created or"
    " under which reference it is logged, or its only known use lies after the period."
)
BASES: Final = (
    ("Used", _USED),
    ("Never used", _NEVER),
    ("Not used since telemetry began", _TELEMETRY),
    ("Unknown", _UNKNOWN),
)
"""What the words about last use mean."""

STATES: Final = (
    "A key's state is judged at that moment too: an expiry or a revocation that has passed counts, a later one does not"
    " yet. A status without a date counts for all earlier time."
)

STAGES: Final = {
    "rendered": "rendered, without a review",
    "open": "open for review; signed off when closing.json lies beside it",
}
"""What the first page says of the stage."""
