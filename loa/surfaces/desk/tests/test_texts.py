"""The page of a bulletin's words for each channel."""

from __future__ import annotations

import pytest

from loa.flow.newsroom.channels import Channel
from loa.flow.newsroom.models import Bulletin
from loa.flow.newsroom.queries import words_of

pytestmark = pytest.mark.django_db


def address(bulletin: Bulletin) -> str:
    return f"/ban/ban-tin/{bulletin.code}/kenh/"


def given(bulletin: Bulletin, **changed: object) -> dict[str, object]:
    texts = {f"text_{words.channel}": words.text for words in words_of(bulletin)}
    return {"revision": bulletin.revision, **texts, **changed}


def own(bulletin: Bulletin) -> set[str]:
    fresh = Bulletin._base_manager.get(pk=bulletin.pk)
    return {str(words.channel) for words in words_of(fresh) if words.is_own}


def test_what_is_left_alone_stays_with_the_rule(desk, write, morning) -> None:
    bulletin, browser = write(), desk("mai")
    assert "theo quy tắc" in browser.get(address(bulletin)).content.decode()
    browser.post(address(bulletin), given(bulletin))
    assert own(bulletin) == set()
    changed = given(bulletin, text_short_160="Mời tiêm lúc 7 giờ.")
    page = browser.post(address(bulletin), changed, follow=True).content.decode()
    assert "Đã lưu chữ của từng kênh." in page
    assert own(bulletin) == {Channel.SHORT}


def test_a_text_goes_back_to_the_rule_by_its_button(desk, write, morning) -> None:
    bulletin, browser = write(), desk("mai")
    browser.post(address(bulletin), given(bulletin, text_web="Bài riêng.", text_social="Bài."))
    fresh = Bulletin._base_manager.get(pk=bulletin.pk)
    browser.post(address(bulletin), given(fresh, by_rule="web"))
    assert own(bulletin) == {Channel.SOCIAL}


def test_too_long_is_said_beside_its_field_and_nothing_typed_is_lost(desk, write, morning) -> None:
    bulletin = write()
    answer = desk("mai").post(address(bulletin), given(bulletin, text_short_160="bà con " * 30))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'href="#id_text_short_160"' in page
    assert "bà con bà con" in page
    assert own(bulletin) == set()


def test_the_approver_reads_every_channel(desk, submit, morning) -> None:
    submission = submit()
    page = desk("hung").get(f"/ban/duyet/{submission.pk}/").content.decode()
    assert "Chữ ở các kênh khác" in page
    assert "Bảng điện tử" in page
