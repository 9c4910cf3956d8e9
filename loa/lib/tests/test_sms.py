"""What a message costs the sender."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa.lib.sms import cost_of, without_marks
from loa.lib.text import fold


@pytest.mark.parametrize(
    ("text", "is_gsm", "units", "messages", "left"),
    [
        ("", True, 0, 0, 160),
        ("a" * 160, True, 160, 1, 0),
        ("a" * 161, True, 161, 2, 145),
        ("a" * 307, True, 307, 3, 152),
        ("€" * 80, True, 160, 1, 0),
        ("đ" * 70, False, 70, 1, 0),
        ("đ" * 71, False, 71, 2, 63),
        ("😀" * 35, False, 70, 1, 0),
        ("Tạm ngừng cấp nước", False, 18, 1, 52),
    ],
)
def test_a_text_is_counted_as_the_network_sends_it(text, is_gsm, units, messages, left) -> None:
    cost = cost_of(text)
    assert (cost.is_gsm, cost.units, cost.messages, cost.left) == (is_gsm, units, messages, left)


def test_marks_are_dropped_and_capitals_stay() -> None:
    assert without_marks("Đà Nẵng: “Tạm ngừng” cấp nước…") == 'Da Nang: "Tam ngung" cap nuoc...'
    assert cost_of(without_marks("Phường Hải Châu – tổ 3")).is_gsm


@given(st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyàảãáạĂÂĐÊÔƠƯ ", max_size=60))
def test_dropping_marks_agrees_with_the_one_folding(text: str) -> None:
    assert fold(without_marks(text)) == fold(text)
