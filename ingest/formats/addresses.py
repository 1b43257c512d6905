"""Addresses and hosts as proxies write them: with a port, in brackets, or inside a whole URL."""

from ingest.formats.sql import present


def without_port(expression: str) -> str:
    """The address of `192.0.2.1:443`, `[2001:db8::1]:443` or `2001:db8::1:443`; only where a port always stands."""
    bare = f"rtrim({expression}, '0123456789')"
    cut = f"CASE WHEN ends_with({bare}, ':') THEN left({bare}, -1) ELSE {expression} END"
    return present(f"trim({cut}, '[]')")


def host_of_request(request: str) -> str:
    """The host in `GET https://host:443/path HTTP/1.1`, without its port; null where the URL is a path."""
    scheme, between = f"split_part({request}, '/', 1)", f"split_part({request}, '/', 3)"
    found = rf"regexp_extract({request}, '^\S* *[a-z]+://(?:[^/@ ]*@)?(\[[^\]]+\]|[^/:?# ]+)', 1)"
    # Splitting takes a quarter of the pattern's time; a password, an address of IPv6 or no path is seldom.
    simple = f"NOT regexp_matches({between}, '[@\\[?# ]')"
    host = f"nullif(CASE WHEN {simple} THEN split_part({between}, ':', 1) ELSE {found} END, '')"
    return f"CASE WHEN ends_with({scheme}, ':') THEN {host} END"


def last_of_list(forwarded: str) -> str:
    """The last address of an X-Forwarded-For: the one that the proxy itself added."""
    return present(f"trim(string_split({forwarded}, ',')[-1])")
