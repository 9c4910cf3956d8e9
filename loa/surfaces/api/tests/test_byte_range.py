from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa.surfaces.api.byte_range import ByteRange, RangeUnsatisfiable, parse_range


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-", 0, 99),
        ("bytes=10-19", 10, 19),
        ("bytes=90-1000", 90, 99),
        ("bytes=99-", 99, 99),
        ("bytes=-1", 99, 99),
        ("bytes=-100", 0, 99),
        ("bytes=-1000", 0, 99),
        (" bytes=5-6 ", 5, 6),
    ],
)
def test_a_single_range_is_cut_to_the_file(header: str, first: int, last: int) -> None:
    assert parse_range(header, 100) == ByteRange(first, last)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-4",
        "bytes=0-1,3-4",
        "items=0-1",
        "bytes=a-b",
        "bytes=1",
        "bytes=--1",
        "bytes=0x1-2",
        "bytes=٣-٤",
        "bytes=" + "9" * 30 + "-",
    ],
)
def test_what_is_no_single_range_asks_for_the_whole_file(header: str) -> None:
    assert parse_range(header, 100) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=1000-"])
def test_a_range_outside_the_file_is_refused(header: str) -> None:
    with pytest.raises(RangeUnsatisfiable):
        parse_range(header, 100)


@given(
    header=st.text(max_size=40) | st.from_regex(r"bytes=\d{0,4}-\d{0,4}"), size=st.integers(0, 500)
)
def test_a_range_always_lies_inside_the_file(header: str, size: int) -> None:
    try:
        part = parse_range(header, size)
    except RangeUnsatisfiable:
        return
    if part is not None:
        assert 0 <= part.first <= part.last < size
