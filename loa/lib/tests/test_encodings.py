import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa.lib import encodings
from loa.lib.encodings import (
    BinaryContent,
    EmptyText,
    HalfLegacyText,
    TextTooLong,
    UndecodableText,
    decode,
    detect,
)
from loa.lib.legacy_letters import TCVN3, VNI
from loa.lib.text import TONE_MARKS, normalise

NOTICE = (
    "Ủy ban nhân dân phường Hòa Khánh thông báo: từ 7 giờ đến 11 giờ ngày mai sẽ tạm ngừng "
    "cung cấp điện tại các tổ dân phố 12, 15 để sửa chữa đường dây.\n"
    "Đề nghị bà con chủ động tích trữ nước sinh hoạt.\n"
)
VOWELS = "aăâeêioôơuưy"
LOWER_LETTERS = [
    unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in ["", *TONE_MARKS]
] + ["đ", *"bcdghklmnpqrstvx"]
ALL_LETTERS = LOWER_LETTERS + [letter.upper() for letter in LOWER_LETTERS]
TCVN3_LETTERS = [*LOWER_LETTERS, *"ĂÂÊÔƠƯĐBCDGHAEIOUY"]

letters_of_words = st.lists(st.text("bcdghklmnpqrstvx", min_size=1, max_size=2))


def write(text: str, encoding: str) -> bytes:
    table = {letter: old for old, letter in (TCVN3 if encoding == "tcvn3" else VNI).items()}
    if encoding == "vni":  # the capital base takes the capital mark
        table |= {letter: old.upper() for letter, old in table.items() if letter.isupper()}
    return "".join(table.get(letter, letter) for letter in text).encode("latin-1")


def write_windows_1258(text: str) -> bytes:
    found = bytearray()
    for letter in text:
        try:
            found += letter.encode("cp1258")
        except UnicodeEncodeError:
            apart = unicodedata.normalize("NFD", letter)
            tone = next(mark for mark in apart if mark in TONE_MARKS)
            base = unicodedata.normalize("NFC", apart.replace(tone, ""))
            found += (base + tone).encode("cp1258")
    return bytes(found)


LEGACY = {
    "tcvn3": lambda text: write(text.replace("Ủ", "ủ"), "tcvn3"),
    "vni": lambda text: write(text, "vni"),
    "windows-1258": write_windows_1258,
}


@pytest.mark.parametrize(
    ("encoding", "raw"),
    [
        ("utf-8", NOTICE.encode()),
        ("utf-8", NOTICE.encode("utf-8-sig")),
        ("utf-8-nfd", unicodedata.normalize("NFD", NOTICE).encode()),
        ("utf-16", NOTICE.encode("utf-16")),
        ("utf-16", b"\xfe\xff" + NOTICE.encode("utf-16-be")),
        ("utf-16", NOTICE.encode("utf-16-le")),
        ("utf-16", NOTICE.encode("utf-16-be")),
    ],
)
def test_unicode_needs_no_confirmation(encoding, raw):
    found = detect(raw)
    assert (found.encoding, found.text) == (encoding, NOTICE)
    assert not found.needs_confirmation
    assert found.confidence > 0.9


@pytest.mark.parametrize("encoding", LEGACY)
def test_legacy_text_is_read_and_waits_for_confirmation(encoding):
    found = detect(LEGACY[encoding](NOTICE))
    assert found.encoding == encoding
    assert found.text.lower() == NOTICE.lower()
    assert found.needs_confirmation
    assert found.confidence > 0.6


@pytest.mark.parametrize("encoding", ["tcvn3", "vni"])
@pytest.mark.parametrize("western", ["latin-1", "cp1252"])
def test_legacy_letters_saved_as_utf8_are_found(encoding, western):
    raw = LEGACY[encoding](NOTICE).decode(western).encode()
    found = detect(raw)
    assert (found.encoding, found.problems) == (encoding, ("mistaken_for_western",))
    assert found.text.lower() == NOTICE.lower()
    assert found.needs_confirmation
    assert decode(raw, encoding) == found.text


@given(st.text([*ALL_LETTERS, " ", "\n", "."]))
def test_every_letter_comes_back_from_vni(text):
    # A plain letter before a lone Ơ or Ư would be one VNI letter; a syllable never has that.
    spaced = " ".join(text)
    assert decode(write(spaced, "vni"), "vni") == normalise(spaced)


@given(st.text([*TCVN3_LETTERS, " ", "\n", "."]))
def test_every_letter_comes_back_from_tcvn3(text):
    assert decode(write(text, "tcvn3"), "tcvn3") == normalise(text)


@given(st.text([*ALL_LETTERS, " ", "\n", "."]))
def test_every_letter_comes_back_from_windows_1258(text):
    assert decode(write_windows_1258(text), "windows-1258") == normalise(text)


@given(st.text([*ALL_LETTERS, " ", "\n", "."], min_size=1))
def test_every_letter_comes_back_from_unicode(text):
    for encoding in ("utf-8", "utf-16"):
        assert decode(text.encode(encoding), encoding) == normalise(text)


def test_tables_hold_every_letter_once():
    assert sorted(set(TCVN3.values())) == sorted(
        {letter for letter in TCVN3_LETTERS if not letter.isascii()}
    )
    assert set(VNI.values()) == {letter for letter in ALL_LETTERS if not letter.isascii()}


@pytest.mark.parametrize("raw", [b"", b" \r\n\t", "\ufeff ".encode(), "…—".encode()])
def test_text_without_words_is_refused(raw):
    with pytest.raises(EmptyText):
        detect(raw)


@pytest.mark.parametrize(
    "raw",
    [b"%PDF-1.7 abc", b"PK\x03\x04abcdef", bytes(range(256)) * 8, b"\x00\x01\x02\x03" * 300_000],
)
def test_binary_content_is_refused(raw):
    with pytest.raises(BinaryContent):
        detect(raw)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_megabyte_of_text_is_refused_with_its_size(encoding):
    raw = (NOTICE * (1_000_000 // len(NOTICE))).encode(encoding)
    with pytest.raises(TextTooLong) as refused:
        detect(raw)
    assert refused.value.params["bytes_max"] == encodings.TEXT_BYTES_MAX
    assert refused.value.params["bytes"] > encodings.TEXT_BYTES_MAX


@pytest.mark.parametrize("encoding", ["tcvn3", "vni"])
def test_half_legacy_bytes_name_their_lines(encoding):
    first, second = NOTICE.splitlines()
    raw = first.encode() + b"\n" + LEGACY[encoding](second) + b"\nplain line\n"
    with pytest.raises(HalfLegacyText) as refused:
        detect(raw)
    assert refused.value.params == {"legacy_lines": (2,), "unicode_lines": (1,)}


@pytest.mark.parametrize("encoding", ["tcvn3", "vni"])
def test_half_legacy_utf8_names_its_lines(encoding):
    first, second = NOTICE.splitlines()
    mistaken = LEGACY[encoding](first).decode("latin-1")
    with pytest.raises(HalfLegacyText) as refused:
        detect(f"{mistaken}\n{second}\n".encode())
    assert refused.value.params == {"legacy_lines": (1,), "unicode_lines": (2,)}


def test_bytes_of_no_known_encoding_are_refused():
    with pytest.raises(UndecodableText) as refused:
        detect("Привет, как дела сегодня".encode("koi8-r"))
    assert refused.value.code == "text_undecodable"


def test_wrong_choice_of_encoding_is_refused():
    with pytest.raises(UndecodableText):
        decode(LEGACY["tcvn3"](NOTICE), "utf-8")
    with pytest.raises(UndecodableText):
        decode(NOTICE.encode(), "ebcdic")


def test_western_words_in_unicode_text_stay_unicode():
    found = detect("Quán café của ông Müller ở đường Hùng Vương".encode())
    assert (found.encoding, found.needs_confirmation) == ("utf-8", False)


@given(st.binary(max_size=400))
def test_any_bytes_give_a_text_or_a_refusal(raw):
    try:
        found = detect(raw)
    except encodings.TextRefused as refused:
        assert refused.code.startswith("text_")
    else:
        assert found.text == normalise(found.text)
        assert found.encoding in encodings.ENCODINGS
