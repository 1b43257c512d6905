"""One tree of errors; a message says what was read, what is wrong and what to do.

KeywatchError                 exit 1
├── UsageError                exit 2   the command line asks for something impossible
├── ConfigError               exit 4   keywatch.toml, a variable or a secret reference is wrong
├── WorkspaceLocked           exit 75  another process holds the workspace
├── Stopped                exit 1   the process was told to stop; nothing of it was written
├── IngestError               exit 1   a source cannot be read
│   └── FormatError           exit 1   no format fits, or the format's description is wrong
├── InventoryError            exit 1   an inventory file cannot be read
├── StoreError                exit 1   the state or the events cannot be read or written
│   ├── StoreAway             exit 1   not now: its server is away, its disk full or read-only
│   └── Fenced                exit 75  somebody else moved the cursor first; nothing was written
├── DetectorError             exit 1   a detector's declaration or its frames are wrong
├── DeliveryError             exit 1   a target refused, failed, or is not a target
├── ReportError               exit 1   a report cannot be made
└── AccessDenied              exit 1   somebody may not see or do that
"""


class KeywatchError(Exception):
    """Base of all; `what` is one sentence, `hint` says what to do about it."""

    exit_code = 1

    def __init__(self, what: str, *, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}\n  {self.hint}" if self.hint else self.what


class UsageError(KeywatchError):
    """The command line asks for something impossible."""

    exit_code = 2


class ConfigError(KeywatchError):
    """keywatch.toml, a variable or a secret reference is wrong."""

    exit_code = 4


class WorkspaceLocked(KeywatchError):
    """Another process holds the workspace; try again later (EX_TEMPFAIL)."""

    exit_code = 75


class Stopped(KeywatchError):
    """The process was told to stop; nothing of what it was at was written."""


class IngestError(KeywatchError):
    """A source cannot be read."""


class FormatError(IngestError):
    """No format fits, or the description of one is wrong."""


class InventoryError(KeywatchError):
    """An inventory file cannot be read."""


class StoreError(KeywatchError):
    """The state or the events cannot be read or written."""


class StoreAway(StoreError):
    """It cannot be reached or written now, and may be later: a server that is away, a full or read-only disk."""


class Fenced(StoreError):
    """Somebody else moved the cursor first; nothing was written."""

    exit_code = 75


class DetectorError(KeywatchError):
    """A detector's declaration or its frames are wrong."""


class DeliveryError(KeywatchError):
    """A target refused, failed, or is not a target."""


class ReportError(KeywatchError):
    """A report cannot be made."""


class AccessDenied(KeywatchError):
    """Somebody may not see or do that."""
