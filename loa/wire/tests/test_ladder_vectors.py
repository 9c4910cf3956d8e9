"""The published cases of the ladder are what the code does and what was written by hand."""

import pytest

from loa.wire import ladder_vectors
from loa.wire.tests.naive_ladder import naive
from loa.wire.tests.random_ladders import plain
from loa.wire.timeline import Why
from loa.wire.vectors import FOLDER, rendered

CASES = ladder_vectors.committed()


def test_committed_cases_are_what_the_code_makes():
    committed = (FOLDER / ladder_vectors.FILE).read_text(encoding="utf-8")
    made = rendered({"cases": ladder_vectors.all_cases()})
    assert committed == made, "run: python -m loa.wire.ladder_vectors"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case_is_answered_as_it_says_by_hand(case):
    answered = ladder_vectors.answer(case)
    assert answered == {name: case[name] for name in answered}
    assert ladder_vectors.in_words(answered["outcomes"]) == case["expect"]


def test_the_naive_ladder_agrees_with_every_case():
    for case in CASES:
        timeline, instant, faults = ladder_vectors.read(case)
        assert naive(timeline, instant, faults) == plain(
            ladder_vectors.Ladder(timeline).resolve(instant, faults)
        ), case["name"]


def test_cases_have_names_of_their_own_and_show_every_reason():
    assert len({case["name"] for case in CASES}) == len(CASES) >= 60
    told = " ".join(case["expect"] for case in CASES)
    told += " ".join(
        row["reason"] for case in CASES for one in case["outcomes"] for row in one["passed_over"]
    )
    for why in set(Why) - {Why.ENDED, Why.NOT_NEEDED, Why.NOTHING_DUE}:
        assert why in told


def test_a_case_that_differs_from_its_hand_written_word_is_not_written(monkeypatch):
    wrong = {**ladder_vectors._cases()[0], "expect": "news +0 starts media"}
    monkeypatch.setattr(ladder_vectors, "_cases", lambda: [wrong])
    with pytest.raises(ladder_vectors.DiffersFromHand, match="nothing placed: silence"):
        ladder_vectors.all_cases()
