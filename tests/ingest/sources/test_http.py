"""An HTTP API hands out every record once, however it pages, and the next look finds what came since."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from answering import Answering, Asked, Reply

from ingest.sources.asking import Asker
from ingest.sources.http import HttpApi
from ingest.sources.linking import next_link
from ingest.sources.paging import Paging
from ingest.sources.records import Page, Position
from model.errors import IngestError
from model.window import Window

T0 = datetime(2026, 10, 1, 9, tzinfo=UTC)
SPAN = Window(since=T0, until=T0 + timedelta(hours=1))
SIZE = 3


def api(server: Answering, **settings: Any) -> HttpApi:  # noqa: ANN401 (fields of HttpApi)
    given: dict[str, Any] = {"method": "GET", "params": {}, "records": "data.items", "id": "id", "line": None}
    given |= {"time": None, "since": None, "until": None, "time_format": "iso", "paging": Paging()}
    asker = Asker(url=server.url + "/v1/requests/", allow_private=True, sleep=lambda _: None)
    return HttpApi(asker=asker, **{**given, **settings})


class Listing:
    """An API over a list of records, paged in every way."""

    def __init__(self, count: int) -> None:
        self.items: list[dict[str, Any]] = []
        self.grow(count)

    def grow(self, count: int) -> None:
        self.items += [{"id": n, "path": f"/x{n}"} for n in range(len(self.items), len(self.items) + count)]

    def __call__(self, asked: Asked) -> Reply:
        size = int(asked.query.get("limit", SIZE))
        begin = (int(asked.query["page"]) - 1) * size if "page" in asked.query else 0
        begin = int(asked.query.get("offset", begin))
        begin = int(asked.query.get("cursor", f"c{begin}").removeprefix("c"))
        begin = int(asked.query.get("after", begin - 1)) + 1
        found, following = self.items[begin : begin + size], begin + size
        more = following < len(self.items)
        document = {
            "data": {"items": found},
            "next": f"c{following}" if more else None,
            "links": {"next": f"/v1/requests/?cursor=c{following}" if more else None},
        }
        link = {"Link": f'<{asked.path}?cursor=c{following}>; rel="next"'} if more else {}
        return Reply(document, headers=link)


KINDS = [
    Paging(kind="page", parameter="page", size_parameter="limit", size=SIZE),
    Paging(kind="page", parameter="page"),
    Paging(kind="offset", parameter="offset", size_parameter="limit", size=SIZE),
    Paging(kind="offset", parameter="offset"),
    Paging(kind="cursor", parameter="cursor", path="next"),
    Paging(kind="cursor", parameter="after", of_record="id"),
    Paging(kind="cursor", parameter="after", of_record="id", size_parameter="limit", size=SIZE),
    Paging(kind="next", path="links.next"),
    Paging(kind="next"),
]


def ids(pages: list[Page]) -> list[str]:
    return list({one.id: None for page in pages for one in page.records})


def read(source: HttpApi, position: Position, span: Window | None = None) -> list[Page]:
    pages = list(source.pages(span, position))
    source.close()
    return pages


@pytest.mark.parametrize("paging", KINDS)
@pytest.mark.parametrize("count", [0, 1, 3, 6, 7])
def test_every_kind_of_pages_hands_out_all_records_and_the_next_look_those_that_came_since(
    server: Answering, paging: Paging, count: int
) -> None:
    server.answer = listing = Listing(count)
    pages = read(api(server, paging=paging), {})
    seen = ids(pages)

    assert seen == [str(n) for n in range(count)]
    for more in (0, 1, 5):
        listing.grow(more)
        pages = read(api(server, paging=paging), pages[-1].position)
        seen += [one for one in ids(pages) if one not in seen]
        assert seen == [str(n) for n in range(len(listing.items))]
        assert sum(len(page.records) for page in pages) <= more + SIZE  # not all from the start


@pytest.mark.parametrize("paging", KINDS)
def test_a_look_goes_on_from_the_position_of_any_page(server: Answering, paging: Paging) -> None:
    server.answer = Listing(11)
    pages = read(api(server, paging=paging), {})

    for place, page in enumerate(pages):
        rest = read(api(server, paging=paging), page.position)
        assert len(ids([*pages[: place + 1], *rest])) == 11


def test_a_server_that_names_the_same_page_for_ever_is_asked_once_more(server: Answering) -> None:
    server.answer = lambda _: Reply({"data": {"items": [{"id": 1}]}, "next": "c1"})

    read(api(server, paging=Paging(kind="cursor", parameter="cursor", path="next")), {})

    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "link", ["https://elsewhere.example/v1?cursor=2", "//elsewhere.example/x", "http://127.0.0.1/"]
)
def test_a_link_to_another_server_is_refused(server: Answering, link: str) -> None:
    server.answer = lambda _: Reply({"data": {"items": [{"id": 1}]}, "links": {"next": link}})
    source = api(server, paging=Paging(kind="next", path="links.next"))

    with pytest.raises(IngestError, match="leads on to another server"):
        read(source, {})
    source.close()


@pytest.mark.parametrize(
    ("form", "since"), [("iso", "2026-10-01T09:00:00Z"), ("s", "1790845200"), ("ms", "1790845200000")]
)
def test_a_stretch_of_time_is_asked_for_in_the_form_that_the_server_takes(
    server: Answering, form: str, since: str
) -> None:
    items = [{"id": 1, "at": "2026-10-01T09:00:05Z"}, {"id": 2, "at": 1790845206}, {"id": 3}]
    server.answer = lambda _: Reply({"data": {"items": items}})

    pages = read(api(server, time="at", since="from", until="to", time_format=form), {}, SPAN)

    assert server.asked[0].query["from"] == since
    assert [one.at for one in pages[0].records] == [1790845205 * 10**9, 1790845206 * 10**9, 1790845200 * 10**9]


def test_records_come_as_the_field_of_the_line_or_whole(server: Answering) -> None:
    server.answer = lambda _: Reply({"data": {"items": [{"id": 1, "log": {"line": "GET /\n"}}, {"id": 2}]}})

    whole, named = (read(api(server, line=line), {})[0].records for line in (None, "log.line"))

    assert [one.line for one in whole] == [b'{"id":1,"log":{"line":"GET /\\n"}}', b'{"id":2}']
    assert [one.line for one in named] == [b"GET /", b'{"id":2}']


def test_records_come_one_a_line_too(server: Answering) -> None:
    server.answer = lambda _: Reply(b'{"id": 1}\n{"id": 2}\n\n')

    assert ids(read(api(server, records=""), {})) == ["1", "2"]
    server.answer = lambda _: Reply(b'{"id": 1}\n', headers={"Content-Type": "application/x-ndjson"})
    assert ids(read(api(server, records=""), {})) == ["1"]


def test_post_sends_its_parameters_as_json(server: Answering) -> None:
    server.answer = lambda _: Reply({"data": {"items": []}})

    read(api(server, method="POST", params={"status": "all"}, paging=Paging(kind="page", parameter="page")), {})

    assert [("POST", {"status": "all", "page": 1}, "/v1/requests/")] == [
        (asked.method, asked.document, asked.path) for asked in server.asked
    ]


@pytest.mark.parametrize("document", [{"data": {}}, {"items": []}, {"data": {"items": "none"}}, [1]])
def test_an_answer_without_the_list_is_an_error_that_names_its_place(server: Answering, document: object) -> None:
    server.answer = lambda _: Reply(document)
    source = api(server)

    with pytest.raises(IngestError, match=r"no list of records at 'data\.items'"):
        read(source, {})
    source.close()


def test_an_empty_list_that_is_written_as_null_is_no_error(server: Answering) -> None:
    server.answer = lambda _: Reply({"data": {"items": None}})

    assert ids(read(api(server), {})) == []


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('<https://a.example/x?p=2>; rel="next", <https://a.example/x?p=9>; rel="last"', "https://a.example/x?p=2"),
        ('<https://a.example/x?p=1>; rel="prev", </x?a=1,2>; rel=next', "/x?a=1,2"),
        ('<https://a.example/x>; title="next"; rel="first"', None),
        ("", None),
    ],
)
def test_the_link_header_names_the_next_page(header: str, found: str | None) -> None:
    assert next_link(header) == found
