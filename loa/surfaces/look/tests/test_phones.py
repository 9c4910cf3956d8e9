from __future__ import annotations

import pytest

from loa.surfaces.look.phones import with_phones


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("gọi 0905123456.", "0905123456"),
        ("gọi 0905 123 456, ông Hùng", "0905123456"),
        ("(0236) hoặc 0236.3822.033", "02363822033"),
        ("Tổng đài 1900 9095", "19009095"),
        ("từ nước ngoài +84 236 3822 033", "+842363822033"),
    ],
)
def test_a_number_to_call_is_a_link(written: str, dialled: str) -> None:
    assert f'<a href="tel:{dialled}">' in with_phones(written)


@pytest.mark.parametrize(
    "text",
    [
        "ngày 01-11-2026 08:00",
        "ngày 05.11.2026",
        "từ 01 11 2026 12 30",
        "Quyết định 0123456789/QĐ-UBND",
        "2.350.000.000 đồng",
        "mã hồ sơ A0905123456",
        "0905",
        "trong 1800 hộ",
    ],
)
def test_other_figures_are_no_link(text: str) -> None:
    assert "<a" not in with_phones(text)


def test_a_text_is_escaped_and_keeps_its_paragraphs() -> None:
    shown = with_phones("<b>Tin</b> & gọi 0905123456\ndòng hai\n\nĐoạn hai")
    assert shown == (
        '<p class="kept-lines">&lt;b&gt;Tin&lt;/b&gt; &amp; gọi '
        '<a href="tel:0905123456">0905123456</a>\ndòng hai</p>\n'
        '<p class="kept-lines">Đoạn hai</p>'
    )


def test_an_empty_text_is_nothing() -> None:
    assert with_phones(" \n ") == ""
