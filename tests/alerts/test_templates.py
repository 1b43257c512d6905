from dataclasses import replace

import pytest

from alerts.config import Route, Telling
from alerts.outbox import tell_findings
from alerts.templates import Templates, template
from model.errors import ConfigError
from model.incident import Alert
from store.handle import Store
from store.state.deliveries import list_alerts
from store.state.findings import list_findings, save_findings
from tests.alerts.channels.conftest import alert
from tests.alerts.conftest import T0, make_finding

__all__ = ["alert"]

NASTY = "{{7*7}} {% raw %} <!channel>"


def templates(title: str = "{{ title }}", body: str = "{{ text }}") -> Templates:
    return Templates(title=template(title, where="title"), body=template(body, where="body"))


def test_the_users_words_take_the_place_of_ours(store: Store) -> None:
    words = templates("{{ kind }}: {{ incident.severity }} {{ findings[0].count }}", "See {{ links.incident }}\nnow")
    finding = make_finding(at=T0, title=NASTY)
    with store.transaction() as tx:
        save_findings(tx, [finding])
        telling = Telling(routes=(Route(to=("a",)),), link_base="https://kw.example.com", templates=words)
        tell_findings(tx, list_findings(tx), telling, now=T0)
        (told,) = list_alerts(tx)

    assert "opened: high 60" == told.title
    assert f"See https://kw.example.com/incidents?incident={told.incident_id}\nnow" == told.body


def test_what_stems_from_a_log_is_no_template(alert: Alert) -> None:
    said = templates("{{ title }}", "{{ key.name }}").applied(replace(alert, title=NASTY))

    assert NASTY == said.title
    assert "{{7*7}}" in said.body


@pytest.mark.parametrize(
    "body",
    [
        "{{ nothing.there }}",
        "{{ 1 / 0 }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ key.update({}) }}",
        "{{ findings[99] .x }}",
    ],
)
def test_a_template_that_fails_keeps_nothing_back_and_says_so(alert: Alert, body: str) -> None:
    said = templates(body=body).applied(alert)

    assert said.body.startswith(alert.body[:40])
    assert "The template of [alerts.templates] failed" in said.body


def test_a_template_stays_within_the_budgets_and_on_its_lines(alert: Alert) -> None:
    said = templates("{{ 'x' * 900 }}", "{{ 'line\n' * 2000 }}").applied(alert)

    assert (200, 2800) == (len(said.title), len(said.body))


def test_a_text_that_is_no_template_is_refused_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r"body\.j2 is no Jinja2 template: .* \(line 2\)"):
        template("fine\n{% if %}", where="body.j2")
