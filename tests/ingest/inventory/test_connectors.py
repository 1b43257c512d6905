"""Every connector reads all that its provider hands out, and takes nothing for whole that is not."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from answering import Answering, Asked, Reply
from providers import CREATED, OWN_COLUMNS, PEPPER, PROVIDERS, asker_of, secret

from ingest.inventory.listing import Listing
from ingest.inventory.pull import Ways, pull
from ingest.inventory.tyk import Tyk
from ingest.sources.paging import Paging
from model.errors import InventoryError
from model.key import Key

T0 = datetime(2026, 10, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NAMES = sorted(PROVIDERS)
PAGED = [name for name in NAMES if name != "tyk"]


def pulled(name: str, server: Answering) -> list[Key]:
    connector = PROVIDERS[name].connect(asker_of(server))
    ways = Ways(pepper=PEPPER, columns=OWN_COLUMNS if name == "http" else {})
    try:
        return pull(connector, source=name, ways=ways, pulled_at=T0)
    finally:
        connector.close()


def serving(name: str, server: Answering, count: int = 5) -> Callable[[Asked], Reply]:
    server.answer = answer = PROVIDERS[name].answer(count)
    return answer


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_every_key_is_pulled_over_all_pages_whatever_their_size(server: Answering, name: str, count: int) -> None:
    serving(name, server, count)

    found = pulled(name, server)

    assert count == len({key.key_id for key in found}) == len(found)
    if name != "apisix":
        assert [f"owner-{n}" for n in range(count)] == [key.owner for key in found]


EXPECTED = {
    "kong": {
        "key_id": "k0", "name": "app-0", "owner": "owner-0", "hint": "ac_live_…0000", "status": "active",
        "created_at": T0, "expires_at": T0 + DAY, "labels": {"team": "core", "beta": "true"},
        "key_refs": ("id:k0", PEPPER.key_ref(secret(0))),
    },
    "tyk": {
        "key_id": "hash0", "name": "app-0", "owner": "owner-0", "created_at": None, "expires_at": T0 + DAY,
        "source_last_used_at": None, "scopes": ("Payments",), "labels": {"edge": "true"},
    },
    "apisix": {
        "key_id": "user0/cred-0", "name": "app 0", "owner": "user0", "created_at": T0, "hint": "ac_live_…0000",
        "key_refs": ("id:user0/cred-0", "id:cred-0", "id:user0", PEPPER.key_ref(secret(0))),
    },
    "unkey": {
        "key_id": "key_0", "name": "app-0", "hint": "ac_live…", "team": "core", "created_at": T0,
        "expires_at": T0 + DAY, "source_last_used_at": None, "scopes": ("reader", "pets.read"),
    },
    "litellm": {
        "key_id": "0" * 64, "name": "app-0", "hint": "sk-...0000", "team": "core", "environment": "production",
        "created_at": T0, "expires_at": T0 + DAY, "scopes": ("small",), "key_refs": ("id:" + "0" * 64,),
    },
    "github": {
        "key_id": "98000", "name": "app-0", "created_at": T0, "expires_at": T0 + DAY,
        "scopes": ("organization:members:read", "repository:metadata:read"),
        "labels": {"organisation": "acme", "repositories": "all"},
    },
    "gcp": {
        "key_id": "uid-0", "name": "app-0", "scopes": ("maps.googleapis.com", "serverKeyRestrictions"),
        "key_refs": ("id:uid-0", "id:apikey:uid-0"), "labels": {"owner": "owner-0", "project": "17"},
    },
    "http": {
        "key_id": "0", "name": "app-0", "owner": "owner-0", "status": "active",
        "key_refs": ("id:0", PEPPER.key_ref(secret(0))),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_fields_that_a_provider_documents_arrive(server: Answering, name: str) -> None:
    serving(name, server)

    first = pulled(name, server)[0]

    assert EXPECTED[name] == {field: getattr(first, field) for field in EXPECTED[name]}


@pytest.mark.parametrize(
    ("name", "status"),
    [("tyk", "inactive"), ("unkey", "inactive"), ("litellm", "inactive"), ("github", "expired"), ("gcp", "revoked")],
)
def test_the_second_key_s_status_and_last_use_arrive(server: Answering, name: str, status: str) -> None:
    serving(name, server)

    second = pulled(name, server)[1]

    assert status == second.status
    if name == "gcp":
        assert (T0 + DAY, None) == (second.revoked_at, second.source_last_used_at)
    else:
        assert second.source_last_used_at is not None
        assert CREATED <= second.source_last_used_at.timestamp() <= CREATED + 60


def walked(server: Answering, paging: Paging, items: str = "items") -> list[dict[str, Any]]:
    asker = asker_of(server)
    try:
        return list(Listing(asker=asker, items=items, paging=paging))
    finally:
        asker.close()


def in_the_middle(name: str, server: Answering, failure: Reply, times: int = 1000) -> None:
    """From the second request for the paged list on, so many times, the failure comes instead."""
    answer, counted, left = serving(name, server), [0], [times]

    def broken(asked: Asked) -> Reply:
        if asked.path.rstrip("/") == PROVIDERS[name].path:
            counted[0] += 1
            if (counted[0] > 1 or name == "tyk") and left[0]:
                left[0] -= 1
                return failure
        return answer(asked)

    server.answer = broken


BROKEN = {
    "500": Reply({"error": "no"}, status=500),
    "429 for an hour": Reply(status=429, headers={"Retry-After": "3600"}),
    "429": Reply(status=429, headers={"Retry-After": "1"}),
    "cut": Reply({"data": "x" * 500}, cut=100),
    "reset": Reply(reset=True),
    "HTML": Reply(b"<html>login</html>"),
    "half of JSON": Reply(b'{"data": [{"id": 1}'),
    "another shape": Reply({"data": {"keys": "none"}, "keys": 3, "list": "x"}),
    "a list of texts": Reply({"data": ["a"], "keys": ["a"], "list": ["a"]}),
    "a redirect": Reply(status=302, headers={"Location": "https://login.example/"}),
    "401": Reply({"message": "gone"}, status=401),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("failure", BROKEN)
def test_a_failure_in_the_middle_of_paging_is_an_error_and_no_shorter_list(
    server: Answering, name: str, failure: str
) -> None:
    in_the_middle(name, server, BROKEN[failure])
    if name == "tyk" and failure in {"another shape", "a list of texts"}:
        in_the_middle(name, server, Reply([1]))

    with pytest.raises(InventoryError, match=f"^{name}: ") as caught:
        pulled(name, server)

    assert caught.value.hint
    assert "gone" not in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("failure", ["500", "429", "cut", "reset", "half of JSON"])
def test_a_failure_that_passes_is_waited_for(server: Answering, name: str, failure: str) -> None:
    in_the_middle(name, server, BROKEN[failure], times=2)

    assert 5 == len(pulled(name, server))


def test_a_wait_that_the_server_asks_for_is_kept(server: Answering) -> None:
    waits: list[float] = []
    in_the_middle("github", server, Reply(status=403, headers={"Retry-After": "61"}), times=1)
    asker = asker_of(server)
    asker.sleep = waits.append
    connector = PROVIDERS["github"].connect(asker)

    assert 5 == len(list(connector.rows()))
    assert [61.0] == waits
    connector.close()


@pytest.mark.parametrize("name", PAGED)
def test_a_page_that_comes_again_is_an_error(server: Answering, name: str) -> None:
    answer = serving(name, server)
    first: list[Reply] = []

    def stuck(asked: Asked) -> Reply:
        if asked.path.rstrip("/") != PROVIDERS[name].path:
            return answer(asked)
        first.append(answer(asked))
        return first[0]

    server.answer = stuck

    with pytest.raises(InventoryError, match="so the list is not whole"):
        pulled(name, server)
    assert len(first) < 4


def test_cursors_that_run_in_a_circle_are_an_error(server: Answering) -> None:
    ring = {"": "c1", "c1": "c2", "c2": "c1"}
    numbers = iter(range(1000))

    def answer(asked: Asked) -> Reply:
        return Reply({"items": [{"id": next(numbers)}], "next": ring[asked.query.get("cursor", "")]})

    server.answer = answer
    paging = Paging(kind="cursor", parameter="cursor", path="next")

    with pytest.raises(InventoryError, match="leads back to a page that was read"):
        walked(server, paging)
    assert 3 == len(server.asked)


def test_new_cursors_and_empty_pages_for_ever_are_an_error(server: Answering) -> None:
    server.answer = lambda asked: Reply({"items": [], "next": asked.query.get("cursor", "") + "x"})
    paging = Paging(kind="cursor", parameter="cursor", path="next")

    with pytest.raises(InventoryError, match="empty pages in a row"):
        walked(server, paging)


@pytest.mark.parametrize("kind", ["page", "offset"])
def test_fewer_keys_than_the_server_speaks_of_are_an_error(server: Answering, kind: str) -> None:
    server.answer = lambda asked: Reply({"items": [{"id": 1}] if asked.query["at"] in "01" else [], "count": 3})
    paging = Paging(kind=kind, parameter="at", total="count", first=1)  # type: ignore[arg-type]  # one of its kinds

    with pytest.raises(InventoryError, match="not whole"):
        walked(server, paging)


def test_a_link_to_another_server_is_not_followed(server: Answering) -> None:
    server.answer = lambda _: Reply([{"id": 1}], headers={"Link": '<https://elsewhere.example/x>; rel="next"'})

    with pytest.raises(InventoryError, match="leads on to another server"):
        walked(server, Paging(kind="next"), items="")


@pytest.mark.parametrize("of_record", ["id", None])
def test_a_list_may_go_on_after_its_last_record_and_say_that_there_is_no_more(
    server: Answering, of_record: str | None
) -> None:
    def answer(asked: Asked) -> Reply:
        begin = int(asked.query.get("after", -1)) + 1
        items = [{"id": n} for n in range(begin, min(begin + 2, 5))]
        return Reply({"items": items, "more": begin + 2 < 5, "last": items[-1]["id"]})

    server.answer = answer
    paging = Paging(
        kind="cursor", parameter="after", of_record=of_record, path=None if of_record else "last", more="more"
    )

    assert 5 == len(walked(server, paging))
    assert 3 == len(server.asked)


@pytest.mark.parametrize("status", [404, 500])
def test_a_tyk_gateway_that_hashes_no_keys_lets_no_secret_into_key_or_message(server: Answering, status: int) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/tyk/keys":
            return Reply({"keys": [secret(1), secret(2)]})
        if asked.path.endswith(secret(2)):
            return Reply({"message": secret(2)}, status=status)
        return Reply({"alias": "billing"})

    server.answer = answer
    connector = Tyk(asker=asker_of(server), hashed=False, pepper=PEPPER)
    if status == 404:  # deleted in between
        (key,) = pull(connector, source="tyk", ways=Ways(pepper=PEPPER), pulled_at=T0)
        assert PEPPER.key_ref(secret(1)) == key.key_id == key.key_refs[1]
        assert secret(1) not in repr(key)
    else:
        with pytest.raises(InventoryError) as caught:
            pull(connector, source="tyk", ways=Ways(pepper=PEPPER), pulled_at=T0)
        assert secret(2) not in str(caught.value)
    connector.close()


@pytest.mark.parametrize("key", ["$env://KEY", "$secret://vault/1/jack/key"])
def test_a_key_of_apisix_that_lies_elsewhere_has_no_fingerprint(server: Answering, key: str) -> None:
    value = {"username": "jack", "plugins": {"key-auth": {"key": key}}, "create_time": CREATED}

    def answer(asked: Asked) -> Reply:
        if asked.path.endswith("/credentials"):
            return Reply(status=404)
        return Reply({"list": [{"key": "/apisix/consumers/jack", "value": value}], "total": 1})

    server.answer = answer
    (found,) = pulled("apisix", server)

    assert ("jack", ("id:jack",)) == (found.key_id, found.key_refs)


@pytest.mark.parametrize("name", ["kong", "http"])
def test_what_a_server_says_with_a_refusal_is_not_repeated(server: Answering, name: str) -> None:
    server.answer = lambda _: Reply(json.dumps({"key": secret(1)}).encode(), status=403)

    with pytest.raises(InventoryError, match="answered 403") as caught:
        pulled(name, server)

    assert secret(1) not in str(caught.value)


def test_a_key_without_an_id_is_an_error(server: Answering) -> None:
    server.answer = lambda _: Reply({"data": {"keys": [{"label": "a", "token": secret(1)}]}})

    with pytest.raises(InventoryError, match="row 1: it has no key_id") as caught:
        pulled("http", server)

    assert secret(1) not in str(caught.value)
