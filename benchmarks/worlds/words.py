"""What lines are dealt from: routes, clients, zones, names."""

from dataclasses import dataclass
from typing import Final


def _words(text: str) -> list[str]:
    return text.split()


PRODUCTION: Final = "api.aloochat.example"
DEVELOPMENT: Final = "api.dev.aloochat.example"
HOSTS: Final = (PRODUCTION, DEVELOPMENT)


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path; `%d` or `%08x` stands where an identifier goes."""

    method: str
    path: str
    status: int
    """When all is well."""
    size: int
    """Median bytes of the answer."""
    kind: str
    """read, list, write, delete or admin."""


ROUTES: Final = (
    Route("GET", "/v1/agents", 200, 5200, "list"),
    Route("GET", "/v1/agents/%d", 200, 1850, "read"),
    Route("PATCH", "/v1/agents/%d", 200, 1880, "write"),
    Route("GET", "/v1/calls?limit=50&page=%d", 200, 21000, "list"),
    Route("GET", "/v1/calls/%08x-7c1e-4d2a-9b10-5f0c6ad11e42", 200, 1450, "read"),
    Route("GET", "/v1/calls/%08x-7c1e-4d2a-9b10-5f0c6ad11e42/transcript", 200, 9300, "read"),
    Route("POST", "/v1/calls", 202, 310, "write"),
    Route("GET", "/v1/conversations/%d/messages", 200, 6400, "list"),
    Route("POST", "/v1/conversations/%d/messages", 201, 540, "write"),
    Route("GET", "/v1/conversations/%d", 200, 1200, "read"),
    Route("GET", "/v1/contacts?limit=100&page=%d", 200, 32000, "list"),
    Route("GET", "/v1/contacts/%d", 200, 980, "read"),
    Route("PUT", "/v1/contacts/%d", 200, 1010, "write"),
    Route("POST", "/v1/contacts", 201, 700, "write"),
    Route("DELETE", "/v1/contacts/%d", 204, 0, "delete"),
    Route("GET", "/v1/knowledge/%d/documents", 200, 7700, "list"),
    Route("POST", "/v1/knowledge/%d/documents", 201, 450, "write"),
    Route("GET", "/v1/reports/daily", 200, 48000, "read"),
    Route("GET", "/v1/usage", 200, 900, "read"),
    Route("GET", "/v1/account", 200, 640, "read"),
    Route("POST", "/v1/webhooks/%d/replay", 202, 120, "write"),
    Route("DELETE", "/v1/webhooks/%d", 204, 0, "delete"),
    Route("GET", "/health", 200, 16, "read"),
)
ADMIN: Final = (
    Route("GET", "/v1/admin/keys", 200, 8800, "admin"),
    Route("POST", "/v1/admin/keys", 201, 420, "admin"),
    Route("DELETE", "/v1/admin/keys/%d", 204, 0, "admin"),
    Route("GET", "/v1/admin/users", 200, 14000, "admin"),
    Route("PATCH", "/v1/admin/users/%d/role", 200, 300, "admin"),
    Route("GET", "/v1/admin/audit", 200, 52000, "admin"),
    Route("GET", "/v1/admin/billing", 200, 2100, "admin"),
    Route("POST", "/v1/admin/exports", 202, 180, "admin"),
    Route("GET", "/v1/admin/settings", 200, 1600, "admin"),
    Route("GET", "/v1/admin/secrets", 200, 900, "admin"),
)
"""Refused (403) to ordinary keys."""

SDKS: Final = (
    ("aloochat-python/2.%d.1", 8),
    ("aloochat-node/3.%d.0", 6),
    ("axios/1.%d.9", 3),
    ("python-requests/2.%d.3", 8),
    ("okhttp/4.%d.0", 3),
    ("Go-http-client/2.0", 4),
    ("Java/17.0.%d", 2),
    ("GuzzleHttp/7", 2),
    ("node-fetch/1.0", 1),
    ("Zapier", 1),
    ("PostmanRuntime/7.%d.0", 1),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/1%d.0.0.0",
        4,
    ),
)
"""Clients and their weights; `%d` is a version."""
ATTACKERS: Final = (
    "python-requests/2.28.1",
    "curl/7.88.1",
    "Go-http-client/1.1",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/119.0.0.0 Safari/537.36",
    "python-httpx/0.24.1",
    "Wget/1.21.3",
    "libwww-perl/6.67",
)
SCANNERS: Final = (
    "TruffleHog",
    "trufflehog/3.63.2",
    "gitleaks/8.18.0",
    "keyhacks/1.0",
    "nuclei/3.1.0",
    "GitGuardian-validity/1.0",
)

ZONES: Final = (
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Asia/Dubai",
    "Australia/Sydney",
    "UTC",
)
SERVICES: Final = _words("""
    billing crm-sync helpdesk support-bot voice-agent analytics etl ingest reporting onboarding booking dispatch
    inventory loyalty marketing newsletter notifications payments portal pricing quality recruiting returns
    sales scheduler search shipping surveys ticketing translation warehouse webhooks
""")
COMPANIES: Final = _words("""
    acorn amber aster birch brook cedar cliff coral delta ember fern flint garnet grove harbor hazel indigo
    ivory juniper kestrel lark linden maple meadow nectar oak onyx opal pebble pine quartz raven reed river
    sable sage slate spruce summit thistle umber vale violet willow wren yarrow zephyr
""")
PROBED: Final = _words("""
    /.env /.git/config /admin /api/swagger.json /openapi.json /graphql /actuator/env /debug/vars /metrics
    /server-status /wp-login.php /phpinfo.php /config.json /backup.zip /v1 /v2 /internal /console /login /users
    /v1/users /v1/tokens
""")
NAMES: Final = _words("""
    account admin agent alert api app archive asset audit auth backup batch bill bot cache call card cart case
    catalog chat client cloud code config consent contact content cost credit data debug deal deploy device doc
    domain draft email event export feed file flag flow form fund goal group guest history hook image import
    index invoice item job key label lead ledger license link list log mail map media member memo menu meta
    metric model note offer order org page partner pass plan policy pool post price profile project queue quote
    rate record region report role rule scope script secret segment session setting share site skill stage stat
    status store stream task team template tenant term test ticket token topic trace track usage user value
    vault vendor view voice widget zone
""")
