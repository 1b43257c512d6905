"""Who takes part: owners and their keys, as a table to read; all names are made up, `.example` is reserved."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Temper(StrEnum):
    """How a key is used."""

    SERVICE = "service"
    """Day and night, from a few addresses; `rate` is requests an hour."""
    OFFICE = "office"
    """In the owner's working hours, Monday to Friday; `rate` is requests in a full hour."""
    BATCH = "batch"
    """Once a night, for some 20 minutes; `rate` is requests a run."""
    MOBILE = "mobile"
    """An app in many hands and networks, most in the evening; `rate` is requests in a busy hour."""
    SPARSE = "sparse"
    """A few times a day; `rate` is requests a day."""
    IDLE = "idle"
    """Not used within the log."""


@dataclass(frozen=True, slots=True)
class Part:
    """One key of the cast."""

    name: str
    owner: str
    temper: Temper
    rate: float
    job: str
    """What it asks for: a key of `routes.JOBS`."""


OWNERS: Final[dict[str, float]] = {
    "platform@aloochat.example": 3.0,
    "voice@aloochat.example": 3.0,
    "chat@aloochat.example": 3.0,
    "data@aloochat.example": 3.0,
    "mobile@aloochat.example": 3.0,
    "it@nilgoon.example": 4.0,
    "api@sepidar-bank.example": 3.0,
    "dev@parsian-shop.example": 4.0,
    "ops@karavan-travel.example": 3.0,
    "systems@mehr-clinic.example": 4.0,
    "integrations@anar-foods.example": 3.0,
    "tech@baran-telecom.example": 4.0,
    "support@darya-logistics.example": 3.0,
    "crm@shahrazad-books.example": 4.0,
    "eng@pardis-homes.example": 3.0,
    "it@zagros-energy.example": 4.0,
    "backend@toranj-games.example": 5.5,
    "admin@kavir-insurance.example": 3.0,
}
"""Owner to hours east of UTC. Zones without daylight saving, so that no zone database is needed; the weekend is
Saturday and Sunday everywhere. The order gives each owner its address network."""

_TABLE: Final = """
voice-gateway voice service 90 voice
webhook-relay platform service 55 chat
inbox-sync chat service 50 chat
sepidar-callcenter sepidar-bank service 120 voice
baran-ivr baran-telecom service 90 voice
karavan-bookings karavan-travel service 30 chat
mehr-reminders mehr-clinic service 25 voice
kavir-claims kavir-insurance service 40 crm
nilgoon-crm nilgoon service 35 crm
parsian-orders parsian-shop service 40 chat
anar-delivery anar-foods service 20 voice
darya-tracking darya-logistics service 35 chat
zagros-meters zagros-energy service 12 voice
toranj-support toranj-games service 28 chat
pardis-leads pardis-homes service 10 crm
usage-exporter data service 8 reporting
nilgoon-desk nilgoon office 30 chat
sepidar-branches sepidar-bank office 38 crm
parsian-helpdesk parsian-shop office 26 chat
karavan-agents karavan-travel office 22 chat
mehr-frontdesk mehr-clinic office 24 crm
anar-dispatch anar-foods office 18 voice
baran-sales baran-telecom office 32 crm
darya-depot darya-logistics office 20 chat
shahrazad-desk shahrazad-books office 14 chat
pardis-brokers pardis-homes office 28 crm
zagros-field zagros-energy office 16 voice
kavir-advisers kavir-insurance office 25 crm
nightly-billing platform batch 320 reporting
data-warehouse data batch 450 reporting
sepidar-statements sepidar-bank batch 260 reporting
anar-menu-import anar-foods batch 140 admin
zagros-readings zagros-energy batch 220 crm
shahrazad-catalogue shahrazad-books batch 180 admin
android-app mobile mobile 55 chat
ios-app mobile mobile 45 chat
toranj-mobile toranj-games mobile 30 chat
karavan-mobile karavan-travel mobile 18 chat
sepidar-mobile sepidar-bank mobile 25 chat
baran-selfcare baran-telecom mobile 22 chat
status-badge platform sparse 6 reporting
pardis-report pardis-homes sparse 3 reporting
mehr-roster mehr-clinic sparse 4 admin
darya-invoices darya-logistics sparse 3 reporting
kavir-export kavir-insurance sparse 5 reporting
nilgoon-backup nilgoon sparse 2 admin
platform-dev platform office 14 admin
voice-dev voice office 12 voice
chat-dev chat office 16 chat
data-dev data office 6 reporting
mobile-dev mobile office 18 chat
sepidar-dev sepidar-bank office 8 voice
parsian-dev parsian-shop office 10 chat
toranj-dev toranj-games office 9 chat
pardis-dev pardis-homes office 5 crm
baran-dev baran-telecom office 7 voice
shahrazad-import shahrazad-books idle 10 crm
darya-partner darya-logistics sparse 96 chat
kavir-pilot kavir-insurance idle 0 crm
nilgoon-migration nilgoon idle 0 admin
zagros-trial zagros-energy idle 0 voice
anar-paused anar-foods idle 0 chat
"""
"""name, owner's domain or team, temper, rate, job; names that end in `-dev` are development keys."""


def parts() -> list[Part]:
    """The cast in the order of the table."""
    rows = (line.split() for line in _TABLE.strip().splitlines())
    return [Part(name, _owner(who), Temper(temper), float(rate), job) for name, who, temper, rate, job in rows]


def _owner(who: str) -> str:
    return next(o for o in OWNERS if o.startswith(f"{who}@aloochat.") or o.partition("@")[2] == f"{who}.example")
