"""Two texts side by side."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loa.lib.differences import side_by_side

TEXT = st.text(alphabet="ab \n", max_size=30)


@given(TEXT, TEXT)
def test_put_together_again_each_is_what_it_was(one: str, other: str) -> None:
    here, there = side_by_side(one, other)
    assert "".join(part.text for part in here) == one
    assert "".join(part.text for part in there) == other
    equal = [[part.text for part in side if not part.is_changed] for side in (here, there)]
    assert equal[0] == equal[1]


def test_only_the_words_that_differ_are_marked() -> None:
    here, there = side_by_side("họp lúc 7 giờ", "họp lúc 8 giờ")
    assert [part.text for part in here if part.is_changed] == ["7 "]
    assert [part.text for part in there if part.is_changed] == ["8 "]
