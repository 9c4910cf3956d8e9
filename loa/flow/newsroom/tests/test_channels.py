"""One bulletin, the words of each channel: by the rule, or by hand and kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa.flow.newsroom import errors
from loa.flow.newsroom.actions import edit_bulletin
from loa.flow.newsroom.channels import (
    CHARACTERS_MAX,
    MESSAGES,
    Channel,
    by_rule,
    in_form,
    shortened,
)
from loa.flow.newsroom.queries import speech_of_bulletin, texts_of, words_of
from loa.flow.newsroom.texts import keep_texts
from loa.project.tests.way import BODY, TITLE
from loa.registry.ledger.models import Fact
from loa.registry.people.errors import MandateMissing

PLACE = "Phường Hải Châu"
TOKENS = ["mời", "bà", "con", "họp", "tổ", "Mai", "lúc", "7", "giờ.", "đến,", "nhé!"]
SENTENCES = st.lists(st.sampled_from(TOKENS), max_size=50).map(" ".join)


def on(bulletin, channel):
    return next(words for words in words_of(bulletin) if words.channel == channel)


def test_each_channel_has_words_of_its_own_from_the_same_text() -> None:
    body = "Mời bà con đưa trẻ đi tiêm. Mang theo sổ tiêm."
    said = {channel: by_rule(channel, "Tiêm chủng", body, place=PLACE) for channel in Channel}
    assert said == {
        "spoken": f"Tiêm chủng.\n{body}",
        "board": f"Tiêm chủng\n\n{body}",
        "web": body,
        "short_160": f"Tiêm chủng. {body}",
        "short_300": f"Tiêm chủng. {body}",
        "social": f"Tiêm chủng.\n\n{body}\n\n{PLACE}",
    }


def test_a_message_keeps_whole_sentences_and_cuts_only_the_first() -> None:
    assert shortened("Mời họp. Đông đủ. Đúng giờ.", 17) == "Mời họp. Đông đủ."
    assert shortened("Mời bà con họp tổ dân phố", 16) == "Mời bà con…"


@given(SENTENCES, SENTENCES, st.booleans())
def test_what_the_rule_makes_fits_and_stays_as_it_is(title: str, body: str, folded: bool) -> None:
    for channel in Channel:
        text = in_form(
            channel, by_rule(channel, title, body, place=PLACE), title=title, folded=folded
        )
        assert in_form(channel, text, title=title, folded=folded) == text
        if channel in MESSAGES:
            assert len(text) <= CHARACTERS_MAX[channel]


def test_words_left_to_the_rule_follow_the_text_and_own_words_stay_and_are_marked(way) -> None:
    bulletin, mai = way.write(), way.people["mai"]
    kept = keep_texts(bulletin, by=mai, texts={Channel.WEB: "Bài riêng.", Channel.SOCIAL: ""})
    assert kept.revision == 2
    assert on(kept, "web").is_own
    assert not on(kept, "social").is_own
    assert keep_texts(kept, by=mai, texts={Channel.WEB: "Bài riêng. "}).revision == 2

    edited = edit_bulletin(kept, by=mai, body="Hoãn tiêm.")
    assert (on(edited, "web").text, on(edited, "web").is_stale) == ("Bài riêng.", True)
    assert on(edited, "board").text == f"{TITLE}\n\nHoãn tiêm."
    # Kept once more: somebody read both.
    again = keep_texts(edited, by=mai, texts={Channel.WEB: "Bài riêng."})
    assert not on(again, "web").is_stale
    back = keep_texts(again, by=mai, texts={Channel.WEB: "Hoãn tiêm."})
    assert not on(back, "web").is_own
    kinds = [f.kind for f in Fact.objects.filter(subject=bulletin.code)]
    assert kinds.count("channel_texts_written") == 3


def test_own_spoken_words_are_what_sounds(way) -> None:
    bulletin = way.write()
    before = bulletin.cache_key
    kept = keep_texts(
        bulletin, by=way.people["mai"], texts={Channel.SPOKEN: "Tiêm chủng lúc 7h30."}
    )
    assert speech_of_bulletin(kept).text == "Tiêm chủng lúc bảy giờ ba mươi phút."
    assert kept.cache_key != before


def test_what_a_channel_has_no_room_for_is_refused_by_its_name(way) -> None:
    bulletin, mai = way.write(), way.people["mai"]
    for channel, text in {
        Channel.SHORT: "a" * 161,
        Channel.LONGER: "a" * 301,
        Channel.BOARD: "\n\n".join(f"Trang {n}" for n in range(13)),
    }.items():
        with pytest.raises(errors.ChannelTextTooLong) as caught:
            keep_texts(bulletin, by=mai, texts={channel: text})
        assert caught.value.channel == channel


def test_only_who_writes_there_writes_for_channels_and_not_while_it_waits(way) -> None:
    submission = way.submit()
    with pytest.raises(errors.BeingApproved):
        keep_texts(submission.bulletin, by=way.people["mai"], texts={Channel.WEB: "Khác."})
    for who in ("hung", "tam", "la"):
        with pytest.raises(MandateMissing):
            keep_texts(submission.bulletin, by=way.people[who], texts={Channel.WEB: "Khác."})


def test_the_edition_freezes_every_channel_under_a_signed_name(way) -> None:
    bulletin, mai = way.write(), way.people["mai"]
    keep_texts(bulletin, by=mai, texts={Channel.SHORT: "Mời tiêm."}, folded={Channel.SHORT})
    edition = way.approve(way.submit(bulletin))
    assert edition.texts["short_160"] == "Moi tiem."
    assert edition.text_for(Channel.WEB) == BODY
    edit_bulletin(bulletin, by=mai, body="Hoãn tiêm.")
    assert texts_of(bulletin.__class__.objects.get(pk=bulletin.pk))["web"] == "Hoãn tiêm."
    edition.refresh_from_db()
    assert edition.web_text == BODY
