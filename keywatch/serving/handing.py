"""Puts together what the dashboard is handed."""

from datetime import datetime
from pathlib import Path

from dashboard.services import Checked, Lines, Services
from detectors import never_used_key, over_age_key
from keywatch.checking import shown_config
from keywatch.detecting.configured import detectors_config
from keywatch.listening import metrics_token, policy
from keywatch.metrics.disk import disk_metrics
from keywatch.metrics.state import metrics
from keywatch.process.memory import give_back
from keywatch.reporting import checkpoints
from keywatch.serving.logins import Logins
from keywatch.serving.reviews import Reviewing
from keywatch.workspace import Workspace
from store.state import segments


def handed(workspace: Workspace, config: Path) -> Services:
    """The hands over a workspace, which stays open. Raises ConfigError."""
    store = workspace.store  # now, since many threads will ask for it

    def ready() -> None:
        with store.reading() as tx:
            segments.version(tx)

    def check_log() -> Checked:
        with store.reading() as tx:
            found, known = checkpoints.checked(tx)
        return Checked(
            faults=tuple(fault.what for fault in found.faults), told=" ".join(checkpoints.told(found, known))
        )

    def read_metrics(now: datetime) -> str:
        with store.reading() as tx:
            return metrics(tx, now, disk_metrics(workspace))

    return Services(
        policy=policy(workspace),
        metrics_token=metrics_token(workspace),
        register=Logins(workspace),
        reviews=Reviewing(workspace),
        ready=ready,
        metrics=read_metrics,
        config=lambda: shown_config(config),
        lines=_lines(workspace),
        targets=tuple(target.name for target in workspace.config.alerts.targets),
        check_log=check_log,
        give_back=give_back,
    )


def _lines(workspace: Workspace) -> Lines:
    config = detectors_config(workspace)
    return Lines(
        never_used=config.settings("never-used-key", never_used_key.Settings).after,
        over_age=config.settings("over-age-key", over_age_key.Settings).after,
    )
