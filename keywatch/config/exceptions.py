"""The tables of exceptions: overrides and allow-lists under [detectors], and the calendar of known events."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from detectors.folding.matching import Matcher, checked_block
from detectors.folding.muting import Mute, allowing
from detectors.folding.overriding import Override
from detectors.folding.recurring import Recurring
from detectors.settings import require_known
from keywatch.config.section import Section
from model.errors import ConfigError, UsageError
from model.window import parse_moment

_EVER = datetime.max.replace(tzinfo=UTC)
_BEGIN = datetime.min.replace(tzinfo=UTC)


def _moment(value: object) -> object:
    """A TOML date or time, or a text that says one; UTC where it names no zone."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    try:
        moment = parse_moment(str(value), now=_BEGIN)
    except (UsageError, OverflowError):
        moment = _BEGIN
    if moment == _BEGIN:
        msg = f"{value!r} is no moment; write 2026-12-01 or 2026-12-01T09:30:00Z"
        raise ValueError(msg)
    return moment


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Moment = Annotated[datetime, BeforeValidator(_moment)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_several)]


class WhenConfig(Section):
    """What an exception is about; each part that is set must hold. Texts or lists; * and ? stand for others."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    key: Texts = Field(default=(), description="A key's id, name or reference.")
    owner: Texts = Field(default=(), description="A key's owner.")
    environment: Texts = Field(default=(), description="A key's environment.")
    label: dict[str, str] = Field(
        default={},
        validation_alias=AliasChoices("label", "labels"),
        description='Labels of a key: `{ tier = "gold" }`, `"tier=gold"`, or `"tier"` for any value.',
    )
    address: Texts = Field(default=(), description="An address or a network that the finding is about.")

    @field_validator("label", mode="before")
    @classmethod
    def _pair(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        name, _, text = value.partition("=")
        return {name.strip(): text.strip() or "*"}

    def matcher(self, where: str) -> Matcher:
        """The same in the words of the detectors. Raises ConfigError for what is no address."""
        for block in self.address:
            checked_block(block, f"{where} when.address")
        return Matcher(
            key=self.key,
            owner=self.owner,
            environment=self.environment,
            label=self.label,
            address=self.address,
        )


class OverrideConfig(Section):
    """Other thresholds, or a mute, for some keys, owners, environments or labels; the last that matches wins."""

    when: WhenConfig = Field(default=WhenConfig(), description="See below; left out: everything.")
    detector: Texts = Field(default=(), description="Detectors; left out: all (for a mute only).")
    set: dict[str, str | int | float] = Field(default={}, description="The detector's settings that differ.")
    until: Moment | None = Field(default=None, description="Up to when `set` holds.")
    mute_until: Moment | None = Field(default=None, description="Up to when nobody is told.")
    reason: str = Field(default="", description="Why; a mute must say it.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.set and self.mute_until is None:
            msg = "it says neither `set` nor `mute_until`"
            raise ValueError(msg)
        if self.set and not self.detector:
            msg = "`set` needs the `detector` whose settings they are"
            raise ValueError(msg)
        if self.mute_until is not None and not self.reason.strip():
            msg = "a mute needs a `reason`"
            raise ValueError(msg)
        return self

    def overrides(self) -> list[Override]:
        """The thresholds that it sets, one a detector."""
        when = self.when.matcher("[[detectors.overrides]]")
        until = self.until or _EVER
        return [
            Override(detector=name, settings=self.set, when=when, reason=self.reason, until=until)
            for name in (self.detector if self.set else ())
        ]

    def mutes(self) -> list[Mute]:
        """The mute that it makes, if it does."""
        if self.mute_until is None:
            return []
        when = self.when.matcher("[[detectors.overrides]]")
        return [
            Mute(
                kind="override",
                name=when.words(),
                reason=self.reason,
                when=when,
                detectors=self.detector,
                until=self.mute_until,
            )
        ]


class AllowConfig(Section):
    """Addresses that are nobody's attack, for the keys that `when` is about.

    Detectors of a key's life (revoked, expired, unregistered keys) are not muted by them unless `detector` names them.
    """

    addresses: Texts = Field(
        description="Addresses and networks: 203.0.113.9, 203.0.113.0/24, 2001:db8::/32; also where addresses are"
        " pseudonymised, or a pseudonym (`ip-1-…`, `net-1-…`) itself."
    )
    when: WhenConfig = Field(default=WhenConfig(), description="Key, owner, environment, label; left out: everything.")
    detector: Texts = Field(default=(), description="Detectors; left out: all but those of a key's life.")
    until: Moment | None = Field(default=None, description="Up to when it holds.")
    reason: str = Field(default="", description="Why.")

    def mute(self) -> Mute:
        """The mute that it makes. Raises ConfigError for what is no address."""
        where = "[[detectors.allow]]"
        if not self.addresses:
            msg = f"{where} has no addresses."
            raise ConfigError(msg, hint='Write addresses = ["203.0.113.0/24"].')
        blocks = [checked_block(block, f"{where} addresses") for block in self.addresses]
        return allowing(blocks, self.when.matcher(where), self.reason, self.detector, self.until or _EVER)


class EventConfig(Section):
    """A known event: a load test, a migration, a holiday. What it causes is noticed and counted, and told to nobody."""

    name: str = Field(description="What findings call it.")
    since: Moment | None = Field(default=None, description="When it begins.")
    until: Moment | None = Field(default=None, description="When it ends.")
    recurring: str | None = Field(
        default=None,
        description="Instead, or within those: `daily 02:00-04:00`, `Sat,Sun 22:00-06:00`, `Mon-Fri`,"
        " `monthly 1 00:00-06:00`, `yearly 12-24..12-26`.",
    )
    timezone: str = Field(default="UTC", description="The zone of `recurring`, an IANA name.")
    when: WhenConfig = Field(default=WhenConfig(), description="As in [[detectors.overrides]]; left out: everything.")
    detector: Texts = Field(default=(), description="Detectors; left out: all.")
    reason: str = Field(default="", description="Why.")

    @model_validator(mode="after")
    def _timed(self) -> Self:
        if self.recurring is None and (self.since is None or self.until is None):
            msg = "it needs `since` and `until`, or `recurring`"
            raise ValueError(msg)
        if self.since is not None and self.until is not None and self.until <= self.since:
            msg = "it ends before it begins"
            raise ValueError(msg)
        return self

    def mute(self) -> Mute:
        """The mute that it makes. Raises ConfigError for a form of `recurring` that is none."""
        where = f"[[calendar]] {self.name}:"
        recurring = Recurring.parse(self.recurring, self.timezone, where) if self.recurring else None
        kind: Literal["calendar"] = "calendar"
        return Mute(
            kind=kind,
            name=self.name,
            reason=self.reason,
            when=self.when.matcher("[[calendar]]"),
            detectors=self.detector,
            since=self.since or _BEGIN,
            until=self.until or _EVER,
            recurring=recurring,
        )


class DetectorsTable(Section):
    """`budget`, exceptions, and a table for each detector (`[detectors.unused-key]`) with its settings.

    Those stand on the [detectors' pages](detectors).
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    budget: Any = Field(
        default="0.5/day",
        description="Expected false alarms (medium and above) of all statistical detectors together; never a cap.",
    )
    overrides: tuple[OverrideConfig, ...] = ()
    allow: tuple[AllowConfig, ...] = ()

    def tables(self) -> dict[str, Any]:
        """The budget and the detectors' tables, as `DetectorsConfig.parse` reads them."""
        return {"budget": self.budget, **(self.model_extra or {})}


def check_detectors(table: DetectorsTable, calendar: tuple[EventConfig, ...], known: list[str]) -> None:
    """Raise ConfigError when an exception names a detector that there is not; a name may have * in it."""
    for where, exceptions in (
        ("detectors.overrides", table.overrides),
        ("detectors.allow", table.allow),
        ("calendar", calendar),
    ):
        for one in exceptions:
            for name in one.detector:
                if "*" not in name or (where == "detectors.overrides" and getattr(one, "set", None)):
                    require_known(name, known, where)
