"""The page where communes are merged and renamed: looked at first, prepared, taken back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from loa.project.cast import HAI_CHAU, HOA_VANG
from loa.registry.reforms.models import PlaceReform

pytestmark = pytest.mark.django_db
PAGE = "/ban/dia-ban/sap-xep/"


@pytest.fixture
def given(morning):
    return {
        "decision_number": "5/NQ",
        "effective_on": (morning + timedelta(days=1)).date().isoformat(),
        "code": "20999",
        "kind": "ward",
        "name": "Sông Hàn",
        "sources": [HAI_CHAU, HOA_VANG],
    }


def looked_in(page: str) -> str:
    return re.search(r'name="looked" value="([^"]*)"', page).group(1).replace("&#x27;", "'")


def test_a_reform_is_looked_at_prepared_and_taken_back(desk, given) -> None:
    browser = desk("an")
    assert browser.get(PAGE).status_code == 200
    preview = browser.post(PAGE, given)
    assert re.search(r"Phường Hải Châu: \d+ thiết bị, [1-9]\d* người", preview.content.decode())
    assert not PlaceReform.objects.exists()
    done = browser.post(PAGE, given | {"looked": looked_in(preview.content.decode())}, follow=True)
    assert "Đang chờ đến ngày" in done.content.decode()
    reform = PlaceReform.objects.get()
    assert {line.source_id for line in reform.lines.all()} == {HAI_CHAU, HOA_VANG}
    browser.post(reverse("desk:reform_withdrawal", args=[reform.pk]))
    assert "Đã rút lại" in browser.get(PAGE).content.decode()


def test_what_was_changed_after_the_preview_is_shown_once_more(desk, given) -> None:
    browser = desk("an")
    looked = looked_in(browser.post(PAGE, given).content.decode())
    again = browser.post(PAGE, given | {"sources": [HAI_CHAU], "looked": looked})
    assert again.status_code == 200
    assert not PlaceReform.objects.exists()


def test_a_refusal_stands_beside_its_field(desk, given) -> None:
    browser = desk("an")
    wrong = given | {"code": "abc"}
    looked = looked_in(browser.post(PAGE, wrong).content.decode())
    answer = browser.post(PAGE, wrong | {"looked": looked})
    assert answer.status_code == 422
    assert "năm chữ số" in answer.content.decode().lower()
