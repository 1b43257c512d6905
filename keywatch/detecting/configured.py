"""What the config and the people's verdicts say about detectors, in the words of the room `detectors`."""

import dataclasses

from detectors import engine
from detectors.folding.muting import Expected, excusing
from detectors.settings import DetectorsConfig
from keywatch.config.exceptions import check_detectors
from keywatch.detecting.hiding import hidden, hidden_override
from keywatch.workspace import Workspace
from store.handle import Transaction
from store.state.exceptions import list_exceptions
from store.state.verdicts import expected_patterns


def detectors_config(workspace: Workspace) -> DetectorsConfig:
    """The table [detectors] and the [[calendar]]. Raises ConfigError."""
    table, calendar = workspace.config.detectors, workspace.config.calendar
    known = engine.names()
    check_detectors(table, calendar, known)
    parsed = DetectorsConfig.parse(table.tables(), known=known)
    config = dataclasses.replace(
        parsed,
        exceptions=tuple(override for one in table.overrides for override in one.overrides()),
        mutes=(
            *(event.mute() for event in calendar),
            *(mute for one in table.overrides for mute in one.mutes()),
            *(one.mute() for one in table.allow),
        ),
    )
    if workspace.config.privacy.addresses == "pseudonymised":
        pepper = workspace.pepper
        config = dataclasses.replace(
            config,
            exceptions=tuple(hidden_override(one, pepper) for one in config.exceptions),
            mutes=tuple(hidden(one, pepper) for one in config.mutes),
        )
    for override in config.exceptions:
        config.overridden_settings(override, engine.load(override.detector).settings)
    return config


def with_expected(config: DetectorsConfig, tx: Transaction) -> DetectorsConfig:
    """The config, and as mutes beside its own: the patterns that people called expected, and keys that they excused."""
    expected = (
        Expected(
            detector=one.detector,
            key=one.key_id,
            addresses=one.addresses,
            pattern=one.pattern,
            since=one.since,
            by=one.actor,
            incident=one.incident_id,
        ).mute()
        for one in expected_patterns(tx)
    )
    excused = (
        excusing(
            key=one.key_id,
            label=one.label,
            rules=one.rules,
            name=f"{one.id} of {f'key {one.key_id}' if one.key_id else f'label {one.label}'}",
            reason=f"{one.reason} (approved by {one.approver})",
            since=one.since,
            until=one.until if one.ended_at is None else min(one.until, one.ended_at),
        )
        for one in list_exceptions(tx)
    )
    return dataclasses.replace(config, mutes=(*config.mutes, *expected, *excused))
