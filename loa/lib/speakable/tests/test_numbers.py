import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa.lib.speakable import to_speech
from loa.lib.speakable.numbers import say_integer, say_number
from loa.lib.speakable.romans import say_roman

UNITS = {"không": 0, "một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "lăm": 5}
UNITS |= {"sáu": 6, "bảy": 7, "tám": 8, "chín": 9}
SIZES = {"nghìn": 10**3, "triệu": 10**6, "tỷ": 10**9}


def hear(words):
    """Take spoken words back to the number, independently of how they were made."""
    total = group = unit = 0
    for word in words.split():
        if word in UNITS:
            unit = UNITS[word]
        elif word == "mười":
            group, unit = group + 10, 0
        elif word == "mươi":
            group, unit = group + unit * 10, 0
        elif word == "trăm":
            group, unit = group + unit * 100, 0
        elif word in SIZES:
            group, unit = group + unit, 0
            if word == "tỷ":
                total, group = (total + group) * 10**9, 0
            else:
                total, group = total + group * SIZES[word], 0
        else:
            assert word == "linh"
    return total + group + unit


@given(st.integers(0, 10**12 - 1))
def test_spoken_number_is_heard_as_the_same_number(number):
    assert hear(say_integer(str(number))) == number


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("0", "không"),
        ("05", "năm"),
        ("15", "mười lăm"),
        ("21", "hai mươi mốt"),
        ("24", "hai mươi tư"),
        ("14", "mười bốn"),
        ("105", "một trăm linh năm"),
        ("1005", "một nghìn không trăm linh năm"),
        ("1.000.005", "một triệu không trăm linh năm"),
        ("1.250.000.000", "một tỷ hai trăm năm mươi triệu"),
        ("1.500.000.000.000", "một nghìn năm trăm tỷ"),
        ("48.000", "bốn mươi tám nghìn"),
        ("2,5", "hai phẩy năm"),
        ("9,15", "chín phẩy mười lăm"),
        ("0,05", "không phẩy không năm"),
        ("3.14", "ba phẩy mười bốn"),
        ("12.345,67", "mười hai nghìn ba trăm bốn mươi lăm phẩy sáu mươi bảy"),
        ("1,250,000", "một triệu hai trăm năm mươi nghìn"),
        ("007", "không không bảy"),
        ("1.2.3", "một chấm hai chấm ba"),
    ],
)
def test_number_is_said(written, spoken):
    assert say_number(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("IV", "bốn"),
        ("IX", "chín"),
        ("XIV", "mười bốn"),
        ("XXI", "hai mươi mốt"),
        ("XL", "bốn mươi"),
    ],
)
def test_roman_numeral_is_said(written, spoken):
    assert say_roman(written) == spoken


@given(st.integers(0, 99), st.integers(0, 99))
def test_dash_between_numbers_is_a_range(first, last):
    text = to_speech(f"từ {first} – {last} người").text
    assert text == f"từ {say_integer(str(first))} đến {say_integer(str(last))} người"
