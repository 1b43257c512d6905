"""How a server hands out more than one answer: which parameters ask for a page, and which link leads to the next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urljoin, urlsplit

from ingest.sources.fields import reach
from ingest.sources.linking import next_link


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """The pages of a list of records or keys; what ends the list is its reader's to say."""

    kind: Literal["none", "page", "offset", "cursor", "next"] = "none"
    parameter: str | None = None
    """That holds the page, the offset or the cursor."""
    path: str | None = None
    """Where the answer holds the next cursor or link; a link without it stands in the Link header."""
    of_record: str | None = None
    """The field of the last record that is the next cursor, instead of `path`."""
    first: int = 1
    """The number of the first page."""
    size_parameter: str | None = None
    size: int = 100
    total: str | None = None
    """Where the answer holds the number of all records; of lists that must be whole."""
    more: str | None = None
    """Where the answer says whether there is more; of lists that must be whole."""

    @property
    def start(self) -> int | None:
        """Where the first page is; None: it needs no parameter."""
        return {"page": self.first, "offset": 0}.get(self.kind)

    def parameters(self, at: object) -> dict[str, object]:
        """What asks for the page at a page's number, an offset or a cursor; None: for the first."""
        found: dict[str, object] = {}
        if self.size_parameter:
            found[self.size_parameter] = self.size
        if self.parameter and at is not None:
            found[self.parameter] = at
        return found

    def link(self, document: object, headers: Mapping[str, str]) -> object:
        """The link to the next page, as the answer has it; None or empty without one."""
        return reach(document, self.path) if self.path else next_link(headers.get("link", ""))


def followed(here: str, link: object) -> tuple[str, bool]:
    """A link as a whole URL, and whether it stays on the server that credentials may go to."""
    found = urljoin(here, str(link))
    return found, urlsplit(found)[:2] == urlsplit(here)[:2]
