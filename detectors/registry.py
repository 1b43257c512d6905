"""Which detectors there are: an explicit list; each module is imported when its detector is asked for."""

import importlib
from typing import TYPE_CHECKING, Final

from model.errors import UsageError

if TYPE_CHECKING:  # pandas comes with it, and `keywatch --help` must stay quick
    from detectors.declare import Detector

_MODULES: Final = {
    "auth-burst-key": "auth_burst_key",
    "auth-burst-address": "auth_burst_address",
    "key-guessing": "key_guessing",
    "burst-then-success": "burst_then_success",
    "volume-spike": "volume_spike",
    "new-origin": "new_origin",
    "flatline": "flatline",
    "revoked-or-expired-key-used": "revoked_or_expired_key_used",
    "unregistered-key": "unregistered_key",
    "unused-key": "unused_key",
    "never-used-key": "never_used_key",
    "over-age-key": "over_age_key",
    "bytes-lost": "bytes_lost",
    "auth-burst-network": "auth_burst_network",
    "credential-stuffing": "credential_stuffing",
    "key-spraying": "key_spraying",
    "distributed-guessing": "distributed_guessing",
    "slow-and-low": "slow_and_low",
    "platform-failures": "platform_failures",
    "usage-drop": "usage_drop",
    "bytes-out": "bytes_out",
    "off-hours": "off_hours",
    "error-ratio": "error_ratio",
    "throttled": "throttled",
    "retry-loop": "retry_loop",
    "new-client": "new_client",
    "new-route": "new_route",
    "new-method": "new_method",
    "fan-out": "fan_out",
    "client-switching": "client_switching",
    "impossible-travel": "impossible_travel",
    "enumeration": "enumeration",
    "no-credential-probing": "no_credential_probing",
    "permission-probing": "permission_probing",
    "identifier-walking": "identifier_walking",
    "scraping": "scraping",
    "inactive-key-used": "inactive_key_used",
    "wrong-environment": "wrong_environment",
    "dormant-key-awake": "dormant_key_awake",
    "fresh-key-odd-first-use": "fresh_key_odd_first_use",
    "key-in-url": "key_in_url",
    "leaked-key-signs": "leaked_key_signs",
    "scanner-client": "scanner_client",
    "rotation-not-completed": "rotation_not_completed",
    "rotated-key-unused": "rotated_key_unused",
    "expiring-soon": "expiring_soon",
    "expired-but-active": "expired_but_active",
    "no-expiry": "no_expiry",
    "no-owner": "no_owner",
    "generic-name": "generic_name",
    "long-lived-development-key": "long_lived_development_key",
    "two-active-keys": "two_active_keys",
    "source-silent": "source_silent",
    "source-late": "source_late",
    "source-rejecting": "source_rejecting",
    "clock-skewed": "clock_skewed",
    "outbox-aged": "outbox_aged",
    "inventory-sync-failed": "inventory_sync_failed",
    "exception-expired": "exception_expired",
    "detector-slow": "detector_slow",
    "alerts-per-detector": "alerts_per_detector",
}
"""Detector id to module; a new detector is one file and one line here."""


def names() -> list[str]:
    """The ids of all detectors, in the order they run."""
    return list(_MODULES)


def load(name: str) -> "Detector":
    """The detector of that id. Raises UsageError when there is none."""
    if name not in _MODULES:
        msg = f"There is no detector {name!r}."
        raise UsageError(msg, hint=f"Known: {', '.join(_MODULES)}.")
    found: Detector = importlib.import_module(f"detectors.{_MODULES[name]}").score
    return found


def module(name: str) -> str:
    """The name of the file, without ending, that holds the detector; its examples have the same."""
    return _MODULES[name]
