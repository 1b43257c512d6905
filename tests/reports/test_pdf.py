"""report.pdf: the same bytes for the same snapshot, data as text, and the pages that an auditor reads."""

import re
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from reports.render import render
from reports.snapshot import Snapshot
from reports.verify import verify

pytest.importorskip("reportlab")
from reports.pdf import pdf
from reports.pdf_style import text


def pages(data: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", data))


def test_the_same_snapshot_gives_the_same_pdf(snapshot: Snapshot) -> None:
    first = pdf(snapshot)

    assert first == pdf(snapshot)
    assert first.startswith(b"%PDF-")
    assert 2 < pages(first) < 9


def test_it_is_part_of_the_sealed_report(snapshot: Snapshot, tmp_path: Path) -> None:
    digests = render(snapshot, tmp_path / "out", with_pdf=True)
    whole = verify(tmp_path / "out").faults
    path = tmp_path / "out/report.pdf"
    path.write_bytes(path.read_bytes().replace(b"/Page", b"/page", 1))

    assert "report.pdf" in digests
    assert () == whole
    assert any("report.pdf was changed" in one for one in verify(tmp_path / "out").faults)


def test_it_refers_to_nothing_outside_and_runs_nothing(snapshot: Snapshot) -> None:
    made = pdf(snapshot)

    streams = re.findall(rb"stream\r?\n(.*?)endstream", made, re.DOTALL)
    plain = b"".join(zlib.decompress(one) for one in streams if one[:1] == b"x")
    for word in (b"/URI", b"/JavaScript", b"/JS", b"/OpenAction", b"/Launch"):
        assert word not in made + plain


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("<b>x</b> & <font color='red'>", "&lt;b&gt;x&lt;/b&gt; &amp; &lt;font color='red'&gt;"),
        ("Ünïcode Ωmega Дом ≥ 3", "Ünïcode Ωmega Дом ≥ 3"),
        ("a\u202eb", "a\\u202eb"),
        ("کلید", "\\u06a9\\u0644\\u06cc\\u062f"),
        (12345, "12,345"),
        (None, ""),
    ],
)
def test_data_is_text_and_what_the_fonts_lack_is_escaped(value: object, said: str) -> None:
    assert said == text(value)


def test_markup_in_a_name_breaks_nothing(snapshot: Snapshot) -> None:
    key = replace(snapshot.keys[0], name="<para><b>&nope;", owner="</font>", hint="<img src='x'/>")
    finding = replace(snapshot.findings[0], title="</para>" * 20)

    assert pages(pdf(replace(snapshot, keys=(key,), findings=(finding,))))


def test_an_empty_snapshot_gives_one_too(snapshot: Snapshot) -> None:
    empty = replace(snapshot, keys=(), findings=(), incidents=(), deliveries=(), bars=(), log_sources=(), changes=())

    assert pages(pdf(empty))


def test_long_texts_and_many_rows_fit(snapshot: Snapshot) -> None:
    key = replace(snapshot.keys[0], name="n" * 300, owner="o" * 300)
    finding = replace(snapshot.findings[0], title="very long " * 400)

    assert pages(pdf(replace(snapshot, keys=(key,) * 60, findings=(finding,) * 3)))
