"""The user's own words for messages: Jinja2 templates of title and body, in a sandbox.

A template sees the document of `alerts.payload` (incident, key, findings, changes, links …) and `kind`, `title` and
`text` as keywatch would write them. What stems from a log is a value there, made plain before: it is never template or
markup. A template that fails does not keep an alert back: keywatch's own words are sent, and a line says what failed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from alerts.rendering import BODY_BUDGET, TITLE_BUDGET
from model.errors import ConfigError
from model.incident import Alert
from model.plain import plain

_LINE: Final = 1000
_ENVIRONMENT: Final = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """The templates that the config names; None: keywatch's own words."""

    title: Template | None = None
    body: Template | None = None

    def applied(self, alert: Alert) -> Alert:
        """The alert in the templates' words."""
        if self.title is None and self.body is None:
            return alert
        said: Mapping[str, object] = {**alert.payload, "kind": alert.kind, "title": alert.title, "text": alert.body}
        try:
            title = self.title.render(said) if self.title else alert.title
            body = self.body.render(said) if self.body else alert.body
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            failed = plain(f"The template of [alerts.templates] failed: {type(error).__name__}: {error}", 300)
            return replace(alert, body=f"{alert.body[: BODY_BUDGET - len(failed) - 2]}\n\n{failed}")
        lines = "\n".join(plain(line, _LINE) for line in body.strip().splitlines())
        cut = lines if len(lines) <= BODY_BUDGET else lines[: BODY_BUDGET - 1] + "…"
        return replace(alert, title=plain(" ".join(title.split()), TITLE_BUDGET), body=cut)


def template(text: str, *, where: str) -> Template:
    """A template from its text. Raises ConfigError that names the line."""
    try:
        return _ENVIRONMENT.from_string(text)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        msg = f"{where} is no Jinja2 template: {error}" + (f" (line {line})." if line else ".")
        raise ConfigError(msg, hint="Mend it, or leave it out: keywatch has words of its own.") from None
