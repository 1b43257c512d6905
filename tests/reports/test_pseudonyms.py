"""People and addresses in a sealed report are pseudonyms, in columns and in sentences."""

from dataclasses import replace

import pytest

from reports.pseudonyms import Mask, masked, people
from reports.snapshot import Snapshot
from reports.trail import ChangeEntry


def mask(*names: str) -> Mask:
    return Mask(lambda name: f"P({len(name)})", lambda ip: f"A({len(ip)})", names)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("70 failed calls from 192.0.2.188, then 45", "70 failed calls from A(11), then 45"),
        ("a network 198.51.100.0/24.", "a network A(12)/24."),
        ("from 2001:db8::1 and ::1", "from A(11) and ::1"),
        ("mail to ada.l+x@corp.example, please", "mail to P(20), please"),
        ("Ada and adamant Ada-2 of Adah", "P(3) and adamant Ada-2 of Adah"),
        ("version 1.2.3 at 10:30:29 for 300.1.2.3", "version 1.2.3 at 10:30:29 for 300.1.2.3"),
        ("2026-11-28T10:30:29+00:00", "2026-11-28T10:30:29+00:00"),
    ],
)
def test_a_sentence_keeps_everything_but_people_and_addresses(text: str, said: str) -> None:
    assert said == mask("Ada").words(text)


def test_no_owner_and_no_address_is_left_in_a_snapshot(snapshot: Snapshot) -> None:
    finding = replace(snapshot.findings[0], owner="Ada", ip="192.0.2.3", subject="ip:192.0.2.3", title="By 192.0.2.3")
    incident = replace(snapshot.incidents[0], assignee="eve@corp.example", headline="Ada called 192.0.2.3")
    change = ChangeEntry(
        at=snapshot.cover.as_of, actor="bob@host", what="key changed", subject="k", field="owner", before="Ada"
    )
    keys = (replace(snapshot.keys[0], owner="Ada"), *snapshot.keys[1:])
    whole = replace(snapshot, keys=keys, findings=(finding,), incidents=(incident,), changes=(change,))

    found = masked(whole, mask(*people(whole)))

    for word in ("Ada", "192.0.2.3", "eve@corp.example", "bob@host", "tester"):
        assert word in repr(whole)
        assert word not in repr(found)
    assert ("P(3)", "A(9)", "ip:A(9)") == (found.keys[0].owner, found.findings[0].ip, found.findings[0].subject)
