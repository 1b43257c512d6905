from ingest.formats.directives import directives


def test_directive_lines_are_found_wherever_they_stand() -> None:
    data = b"#Fields: a b\r\n1 2\n#Fields: a\n1\n #Fields: no\nx #Fields: no\n#Fields: last"

    assert ["#Fields: a b", "#Fields: a", "#Fields: last"] == directives(data, "#Fields:")


def test_equal_neighbours_stand_once() -> None:
    data = b"1 2\n#Fields: a\n1\n#Fields: a\n2\n#Fields: b\n#Fields: a\n"

    assert ["#Fields: a", "#Fields: b", "#Fields: a"] == directives(data, "#Fields:")


def test_a_block_may_hold_none() -> None:
    assert [] == directives(b"", "#Fields:")
    assert [] == directives(b"1 2\n3 4\n", "#Fields:")
