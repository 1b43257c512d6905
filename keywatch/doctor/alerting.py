"""Whether people would hear of an incident, and whether they did."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from keywatch.alerting.addressing import targets
from keywatch.doctor.remark import Remark, fine, warning, wrong
from keywatch.workspace import Workspace
from model.incident import DeliveryStatus
from store.state.deliveries import list_deliveries


def routes(workspace: Workspace, _now: datetime) -> Iterator[Remark]:
    """There is a target, a route leads there, and a second target hears when it refuses."""
    known, config = targets(workspace), workspace.config.alerts
    if not known:
        yield warning("alerts", "Nobody is told: there is no target.", "Add [[alerts.targets]] with a name and a url.")
        return
    if not config.routes:
        yield wrong("alerts", "No route leads to a target.", 'Add [[alerts.routes]] with to = ["…"].')
        return
    if len(known) == 1:
        yield warning(
            "alerts",
            f"When {known[0].name} refuses, nobody hears of it: there is no second target.",
            "Add another target, jsonl:PATH for one, and a heartbeat.",
        )
    if config.heartbeat is None:
        yield warning(
            "alerts", "Nobody notices when keywatch itself is dead.", "Set [alerts] heartbeat to a dead man's switch."
        )
    yield fine("alerts", f"{len(config.routes)} routes lead to {len(known)} targets.")


def deliveries(workspace: Workspace, _now: datetime) -> Iterator[Remark]:
    """No alert was given up."""
    with workspace.store.reading() as tx:
        dead = list_deliveries(tx, status=DeliveryStatus.DEAD, target=None, incident_id=None, limit=1000)
    for target, count in Counter(one.target for one in dead).items():
        error = next(one.last_error for one in dead if one.target == target)
        yield wrong(
            "alerts",
            f"{count} alerts to {target} were given up: {error}",
            f"keywatch alerts test --target {target}, then keywatch alerts replay",
        )
