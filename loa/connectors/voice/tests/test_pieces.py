from loa.connectors.voice.pieces import PIECE_CHARS_MAX, cut_text


def test_sentences_and_paragraphs_have_their_pauses():
    pieces = cut_text("Một. Hai!\nBa.")
    assert [(piece.text, piece.pause_ms) for piece in pieces] == [
        ("Một.", 150),
        ("Hai!", 350),
        ("Ba.", 0),
    ]


def test_no_word_is_lost_by_cutting():
    text = ", ".join(["một câu dài không có dấu chấm"] * 100)
    pieces = cut_text(text)
    assert max(len(piece.text) for piece in pieces) <= PIECE_CHARS_MAX
    assert " ".join(piece.text for piece in pieces) == text
    assert all(piece.text.endswith(",") for piece in pieces[:-1])


def test_text_without_any_gap_is_cut_anyway():
    pieces = cut_text("a" * 1_000)
    assert "".join(piece.text for piece in pieces) == "a" * 1_000
    assert max(len(piece.text) for piece in pieces) <= PIECE_CHARS_MAX


def test_empty_text_has_no_pieces():
    assert cut_text(" \n…\n") == []
