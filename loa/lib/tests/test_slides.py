"""How a text becomes slides that a passer-by can read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa.lib.slides import SLIDES_MAX, WORDS_MAX, Slide, cut, slides_of

NOTICE = (
    "Thứ bảy ngày 28/11/2026, phường tổ chức tiêm vắc xin từ 7h30 tại trạm y tế. "
    "Mời bà con mang theo sổ tiêm. Trẻ em phải có người lớn đi cùng."
)


def words(text: str) -> int:
    return len(text.split())


def test_sentences_stay_whole_and_short_ones_share_a_slide() -> None:
    assert cut("Mời họp tổ dân phố. Bắt đầu 19 giờ. Tại nhà văn hóa tổ 1, đường Quang Trung.") == [
        "Mời họp tổ dân phố. Bắt đầu 19 giờ.",
        "Tại nhà văn hóa tổ 1, đường Quang Trung.",
    ]


def test_a_long_sentence_is_cut_at_its_clauses() -> None:
    assert cut(NOTICE)[:2] == [
        "Thứ bảy ngày 28/11/2026,",
        "phường tổ chức tiêm vắc xin từ 7h30 tại trạm y tế.",
    ]


def test_a_clause_too_long_is_cut_into_even_runs_that_say_they_go_on() -> None:
    pieces = cut(" ".join(f"chữ{n}" for n in range(20)))
    assert [words(piece.removesuffix("…")) for piece in pieces] == [10, 10]
    assert [piece.endswith("…") for piece in pieces] == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        "Lúc 7h30. 28/11 họp.",
        "TP. Đà Nẵng thông báo",
        "Theo Quyết định số 12/QĐ-UBND, giá là 2.350.000 đồng.",
    ],
)
def test_a_short_text_is_one_slide(text: str) -> None:
    assert cut(text) == [text]


def test_lines_of_a_list_do_not_run_together() -> None:
    assert cut("Cần mang:\n- Căn cước\n- Sổ tiêm") == ["Cần mang:", "- Căn cước", "- Sổ tiêm"]


def test_a_slide_stands_as_long_as_it_takes_to_read() -> None:
    assert Slide("một hai ba bốn").seconds == 5.0
    assert Slide(" ".join("a" * WORDS_MAX)).seconds == 10.0


def test_the_title_comes_first_and_an_endless_text_ends() -> None:
    slides = slides_of("Lịch tiêm", "Một câu có năm chữ. " * 500, rest="Còn nữa.")
    assert (slides[0].text, slides[0].is_title) == ("Lịch tiêm", True)
    assert len(slides) == SLIDES_MAX
    assert slides[-1].text == "Còn nữa."
    assert [slide.is_title for slide in slides[1:]] == [False] * (SLIDES_MAX - 1)


@pytest.mark.parametrize("body", ["", " \n ", "\n\n"])
def test_a_title_alone_is_enough(body: str) -> None:
    assert slides_of("Lịch tiêm", body, rest="Còn nữa.") == [Slide("Lịch tiêm", is_title=True)]


@given(st.text(max_size=400) | st.text("ab Đ.,;\n", max_size=400))
def test_no_word_is_lost_and_no_slide_is_too_long(text: str) -> None:
    pieces = cut(text)
    assert all(0 < words(piece.removesuffix(" …")) <= WORDS_MAX for piece in pieces)
    whole = " ".join(piece.removesuffix(" …") for piece in pieces)
    assert [w for w in whole.split() if w != "…"] == [w for w in text.split() if w != "…"]
