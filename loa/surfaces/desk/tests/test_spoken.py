from loa.lib.speakable import NATIONAL, RULES, to_speech
from loa.surfaces.desk.spoken import RULE_WORDS, show


def test_every_rule_of_reading_has_words_for_the_editor() -> None:
    assert {name for name, _ in RULES} <= RULE_WORDS.keys()


def test_words_run_together_and_foreign_letters_are_shown_too() -> None:
    said = to_speech("Nghe lòngMưa ở Grüner See, anh T. nhé.", lexicon=NATIONAL)
    assert {one.rule for one in said.replacements} >= {"joined-words", "foreign-letters", "letter"}
    assert len(show(said).readings) >= 3


def test_the_words_shown_are_the_words_said() -> None:
    said = to_speech("Mưa 100-250 mm, trên BĐ2 0,35 m (theo UBND).", lexicon=NATIONAL)
    assert "".join(part.spoken for part in show(said).parts) == said.text


def test_a_form_that_stands_twice_is_asked_for_once() -> None:
    said = show(to_speech("XQZT họp lúc 7h30; XQZT mời bà con.", lexicon=NATIONAL))
    assert [(row.written, row.times) for row in said.unknown] == [("XQZT", 2)]
