"""Country and operator of an address, from MMDB files (MaxMind, DB-IP, IPinfo); none is shipped and none is fetched.

Needs the extra `geo` (maxminddb). A file that was replaced is opened again; while it cannot be read the old one serves.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from model.errors import ConfigError

_LONGEST: Final = 120


class Place(NamedTuple):
    """Where an address is; null when no file knows."""

    country: str | None
    """ISO 3166-1 alpha-2."""
    asn: str | None
    """`AS64500 Name`."""


NOWHERE: Final = Place(None, None)


class Geo:
    """Looks addresses up in one or several files; the first that knows tells. Close it."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Raises ConfigError without the extra, or for a file that is missing or no MMDB."""
        self._files = [_File(path) for path in paths]

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.reader.close()

    def places(self, addresses: Sequence[str | None]) -> list[Place]:
        """The place of each distinct address; of null and of host names it is nowhere."""
        if not self._files:
            return [NOWHERE] * len(addresses)
        for file in self._files:
            file.renew()
        return [self._place(ip) if ip else NOWHERE for ip in addresses]

    def _place(self, ip: str) -> Place:
        country = asn = None
        for file in self._files:
            try:
                record = file.reader.get(ip)
            except ValueError:  # a host name, or IPv6 in a file of IPv4
                continue
            if isinstance(record, dict):
                country, asn = country or _country(record), asn or _asn(record)
        return Place(country, asn)


class _File:
    """One open file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reader, self._state = _open(path)

    def renew(self) -> None:
        """Open the file again when it was replaced."""
        with suppress(OSError, ConfigError):
            if _state(self.path) != self._state:
                old, (self.reader, self._state) = self.reader, _open(self.path)
                old.close()


def _open(path: Path) -> tuple[Any, tuple[int, int, int]]:
    try:
        import maxminddb
    except ImportError:
        msg = f"Reading {path} needs maxminddb."
        raise ConfigError(msg, hint="Install it with keywatch's extra: pip install 'keywatch[geo]'.") from None
    try:
        state = _state(path)
        return maxminddb.open_database(str(path)), state
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        msg = f"The GeoIP file {path} cannot be read: {error}"
        raise ConfigError(msg, hint="Name an MMDB file in databases of [geo].") from None


def _state(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _country(record: Mapping[str, Any]) -> str | None:
    for name in ("country", "registered_country", "country_code"):
        found = record.get(name)
        code = found.get("iso_code") if isinstance(found, dict) else found
        if isinstance(code, str) and len(code) == 2:  # noqa: PLR2004 (alpha-2)
            return code.upper()
    return None


def _asn(record: Mapping[str, Any]) -> str | None:
    number = record.get("autonomous_system_number", record.get("asn"))
    name = record.get("autonomous_system_organization") or record.get("as_name") or record.get("name") or ""
    digits = str(number).upper().removeprefix("AS")
    return f"AS{digits} {name}".strip()[:_LONGEST] if digits.isdecimal() else None
