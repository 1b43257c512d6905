"""`keywatch backtest`: what the detectors would have found in history, and what other budgets or settings would do."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from keywatch.commands.shared import AsJson, Since, Until, moment, now, print_json, print_table, say, workspace
from model.errors import UsageError

if TYPE_CHECKING:
    from keywatch.detecting.backtesting import Outcome
    from keywatch.workspace import Workspace

_COLUMNS = ("detector", "findings", "muted", "incidents", "alerts", "alerts_a_day", "noisiest")
_COMPARED = ("trial", "detector", "findings_before", "findings", "alerts_a_day_before", "alerts_a_day")


def add(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command("backtest")(backtest)


def backtest(
    ctx: typer.Context,
    *,
    since: Since = None,
    until: Until = None,
    step: Annotated[str, typer.Option(metavar="D", help="How often stale keys and the like are judged.")] = "1d",
    budget: Annotated[str | None, typer.Option(metavar="B,...", help="Try these budgets: 1/day,5/day.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="DETECTOR.SETTING=VALUE", help="Try a setting; repeatable.")
    ] = None,
    explain: Annotated[
        str | None, typer.Option(metavar="FINDING", help="Say why this one was found, and what did not silence it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge history (--since, 28d by default) in memory and say what was found; nothing is written."""
    from keywatch.detecting.backtesting import backtest as run
    from keywatch.detecting.backtesting import trials
    from keywatch.detecting.configured import detectors_config, with_expected
    from model.window import Window, parse_duration

    at = moment(until, now())
    window = Window(since=moment(since or "28d", at), until=at)
    every = parse_duration(step)
    if not window.length or every.total_seconds() < 60:  # noqa: PLR2004 (a minute is the shortest bucket)
        msg = "There is nothing to judge: --since is not before --until, or --step is shorter than a minute."
        raise UsageError(msg, hint="Write --since 28d --step 1d.")
    with workspace(ctx) as ws:
        config = detectors_config(ws)
        with ws.store.reading() as tx:
            config = with_expected(config, tx)
        tried = trials(config, budget.split(",") if budget else [], settings or [])
        outcomes = run(ws.store, window, tried, step=every)
        if explain is not None:
            _explain(ws, outcomes[0], explain)
            return
    _show(outcomes, as_json=as_json)


def _show(outcomes: "list[Outcome]", *, as_json: bool) -> None:
    from keywatch.detecting.backtesting import compared

    first, rows = outcomes[0], outcomes[0].rows()
    if as_json:
        window = {"since": first.window.since, "until": first.window.until}
        trials = [{"trial": one.trial.name, "detectors": one.rows()} for one in outcomes]
        print_json({**window, "budget": first.trial.config.budget, "trials": trials, "errors": first.errors})
    else:
        print_table([_flat(row) for row in rows], _COLUMNS, empty="Nothing would have been found.")
        if len(outcomes) > 1:
            print_table(compared(outcomes), _COMPARED, empty="")
    for name, error in first.errors.items():
        say(f"keywatch: the detector {name} failed: {error}")
    alerts = sum(row["alerts_a_day"] for row in rows)
    say(
        f"Judged {first.window.since:%Y-%m-%d %H:%M}Z to {first.window.until:%Y-%m-%d %H:%M}Z, wrote nothing:"
        f" {len(first.findings):,} findings, {alerts:.2f} alerts of medium or above a day."
    )


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"noisiest": ", ".join(f"{one['key']} ({one['findings']})" for one in row["noisiest"])}


def _explain(ws: "Workspace", outcome: "Outcome", finding: str) -> None:
    from detectors import engine
    from keywatch.detecting.explaining.explain import explain
    from keywatch.detecting.explaining.seen import see
    from keywatch.detecting.reading import state_frames

    found = next((one for one in outcome.findings if one.id == finding), None)
    if found is None:
        msg = f"This backtest has no finding {finding!r}."
        raise UsageError(msg, hint="Its window has to reach back to the finding's beginning.")
    names = engine.names_of(state_frames(ws.store, outcome.window.until))
    seen = see(ws.store, found, outcome.trial.config, outcome.window.until)
    for sentence in explain(found, outcome.trial.config, names, seen):
        typer.echo(sentence)
