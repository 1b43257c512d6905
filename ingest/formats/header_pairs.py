"""Request headers that a log writes as a list of pairs: `[{"name": "Host", "value": "api.example"}, …]`."""

from typing import Final

from ingest.redact import quoted

CARRIERS: Final = (
    *("x-api-token", "x-api-key", "api-key", "apikey", "x-auth-token", "x-access-token"),
    *("ocp-apim-subscription-key", "x-goog-api-key", "authorization"),
)
"""Headers that carry a credential, in order."""


def header(pairs: str, name: str) -> str:
    """The text of a header, by its name in any case; `pairs` is the JSON text of the list. Null where there is none."""
    listed = f'json_transform(TRY_CAST({pairs} AS JSON), \'[{{"name":"VARCHAR","value":"VARCHAR"}}]\')'
    return f"list_filter({listed}, lambda h: lower(h.name) = {quoted(name.lower())})[1].value"
