"""Credentials of formats that write some fields only: a place in the config that a line cannot hold gives none."""

from collections.abc import Callable, Sequence

from ingest.formats import carriers
from ingest.formats.interface import Credential, Options
from ingest.formats.sql import present

Read = Callable[[str], str | None]


def credentials(
    options: Options,
    *,
    read: Read = lambda _name: None,
    header: Read = lambda _name: None,
    known: Sequence[str] = (),
    cookies: str | None = None,
) -> tuple[Credential, ...]:
    """As `carriers.credentials`; `read` gives None for a field that the format does not have."""

    def either(name: str) -> str:
        found = read(name)
        return "NULL" if found is None else found

    found = carriers.credentials(options, known=known, read=either, header=header, cookies=cookies)
    return tuple(credential for credential in found if credential.expression != present("NULL"))
