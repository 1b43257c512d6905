"""Programs that announce themselves in the user agent and that no customer's service is made of."""

from typing import Final

SECRET_SCANNERS: Final[tuple[str, ...]] = (
    "betterleaks",
    "credsweeper",
    "detect-secrets",
    "ggshield",
    "gitguardian",
    "githound",
    "gitleaks",
    "gitrob",
    "git-hound",
    "git-secrets",
    "kingfisher",
    "keyhacks",
    "leaktk",
    "noseyparker",
    "nuclei",
    "secret-scanning",
    "secretlint",
    "shhgit",
    "trufflehog",
)
"""They find credentials, and some of them try whether they work. After SigmaHQ's rules for TruffleHog; nuclei has
templates that try tokens; the others are the well-known programs and services of that kind."""

SCANNERS: Final[tuple[str, ...]] = (
    *SECRET_SCANNERS,
    "acunetix",
    "arachni",
    "burpsuite",
    "commix",
    "dirbuster",
    "feroxbuster",
    "ffuf",
    "fuzz faster",
    "gobuster",
    "hydra",
    "jaeles",
    "kiterunner",
    "masscan",
    "nessus",
    "nikto",
    "nmap",
    "openvas",
    "qualys",
    "sqlmap",
    "w3af",
    "wapiti",
    "wfuzz",
    "whatweb",
    "wpscan",
    "zaproxy",
    "zgrab",
)
"""Words of user agents in lower case; from SigmaHQ's web_susp_useragents, Elastic's "Web Server Suspicious User Agent
Requests" and CrowdSec's list of bad user agents. curl and the HTTP libraries are in those too, and not here: an API's
customers use them."""
