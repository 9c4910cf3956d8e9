"""A recurrence is chosen or typed, read back, saved, changed for one date, ended."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django_scopes import scopes_disabled
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loa.flow.schedules.coming import drafts_of
from loa.flow.schedules.models import DailyLimit, Occurrence, Override, Placement, Rule
from loa.flow.schedules.patterns import Cycle, Pattern
from loa.lib import clock
from loa.project.cast import HAI_CHAU
from loa.project.tests.way import MORNING
from loa.surfaces.desk.recurrence_reading import SentenceUnclear, read_sentence
from loa.surfaces.desk.recurrence_words import sentence_of

LONG = MORNING + timedelta(days=60)
TODAY = date(2026, 11, 24)
SENTENCE = "thứ 2–6, 17:00, lặp 3 lần cách 5 phút, từ 1-12 đến 31-12, trừ ngày lễ"


@pytest.fixture
def edition(morning, approved):
    return approved("Thể dục buổi chiều", valid_until=LONG)


def url(edition, name: str = "recurrence") -> str:
    return reverse(f"desk:{name}", args=[edition.bulletin.code])


def chosen(**fields: Any) -> dict[str, Any]:
    usual = {
        "cycle": "weekly", "weekdays": ["0", "2"], "hours": "17:00", "valid_from": "2026-12-01",
        "valid_until": "2026-12-31", "times": "1", "pause": "5", "pause_unit": "phut",
        "places": [HAI_CHAU], "start": "wait", "late": "from_start", "resume": "drop", "save": "1",
    }  # fmt: skip
    return {**usual, **fields}


def rules() -> list[Rule]:
    with scopes_disabled():
        return list(Rule.objects.all())


def wall(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=clock.CITY_ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("sentence", "fields"),
    [
        (SENTENCE, {"cycle": "weekly", "weekdays": [0, 1, 2, 3, 4], "hours": "17:00", "times": 3,
                    "pause_seconds": 300, "valid_from": date(2026, 12, 1),
                    "valid_until": date(2026, 12, 31), "skips_days_off": True}),
        ("Hằng ngày lúc 5h30 và 17 giờ", {"cycle": "daily", "hours": "05:30, 17:00"}),
        ("mùng 1, rằm, 6h", {"cycle": "lunar", "days": "1, 15", "hours": "06:00"}),
        ("ngày 1, cuối hằng tháng, 7:00", {"cycle": "monthly", "days": "1, cuối", "hours": "07:00"}),
        ("thứ hai, thứ tư và chủ nhật 08:15", {"cycle": "weekly", "weekdays": [0, 2, 6],
                                               "hours": "08:15"}),
        ("thứ 7, 7h, từ 20-12 đến 10-1", {"cycle": "weekly", "weekdays": [5], "hours": "07:00",
                                          "valid_from": date(2026, 12, 20),
                                          "valid_until": date(2027, 1, 10)}),
    ],
)  # fmt: skip
def test_a_typed_sentence_is_understood(sentence: str, fields: dict[str, Any]) -> None:
    assert read_sentence(sentence, TODAY) == fields


@pytest.mark.parametrize(
    ("sentence", "rest"),
    [
        ("thứ 2 17:00 khi trời mưa", "khi troi mua"),
        ("hằng ngày, 25:00", "25:00"),
        ("thứ 2–6", ""),
        ("17:00", ""),
        ("hằng ngày, 17:00, từ 31-2 đến 1-4", "31-2"),
        ("hằng ngày, thứ 2, 17:00", ""),
    ],
)
def test_what_is_not_understood_is_named_and_nothing_is_guessed(sentence: str, rest: str) -> None:
    with pytest.raises(SentenceUnclear) as caught:
        read_sentence(sentence, TODAY)
    assert caught.value.rest == rest


DAYS = st.dates(date(2026, 11, 24), date(2027, 12, 31))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    cycle=st.sampled_from([Cycle.DAILY, Cycle.WEEKLY, Cycle.LUNAR, Cycle.MONTHLY]),
    weekdays=st.sets(st.integers(0, 6), min_size=1),
    days=st.sets(st.integers(1, 28), min_size=1, max_size=5),
    hour=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    span=st.tuples(DAYS, DAYS).map(sorted),
    times=st.integers(2, 10),
    pause=st.integers(1, 7200),
    skips=st.booleans(),
    skipped=st.sets(DAYS, max_size=3),
)
def test_a_sentence_read_back_says_the_same_again(  # noqa: PLR0917 - one for each choice
    cycle, weekdays, days, hour, span, times, pause, skips, skipped
) -> None:
    pattern = Pattern(
        cycle, (hour,), *span, weekdays=tuple(weekdays), days=tuple(days), times=times,
        pause_seconds=pause, skips_days_off=skips, skipped=tuple(skipped),
    )  # fmt: skip
    (draft,) = drafts_of(None, pattern)  # type: ignore[arg-type]
    found = read_sentence(sentence_of(draft), span[0])
    assert found["hours"] == f"{hour:%H:%M}"
    assert (found["valid_from"], found["valid_until"]) == tuple(span)
    assert (found["times"], found["pause_seconds"]) == (times, pause)
    assert found.get("skips_days_off", False) == skips
    assert set(found.get("skipped", ())) == skipped
    if cycle is Cycle.WEEKLY:
        assert found["weekdays"] == sorted(weekdays)
    elif cycle is not Cycle.DAILY:
        assert found["days"] == ", ".join(map(str, sorted(days)))
    assert found["cycle"] == cycle


@pytest.mark.django_db
def test_a_typed_sentence_fills_the_form_and_is_said_back_with_the_next_dates(
    desk, edition
) -> None:
    text = desk("mai").get(url(edition), {"cau": SENTENCE}).content.decode()
    sentence = "thứ 2–thứ 6, 17:00, phát 3 lần cách nhau 5 phút, từ 1-12-2026 đến 31-12-2026"
    assert f"{sentence}, trừ ngày lễ" in text
    assert "thứ Ba, 01-12-2026" in text
    assert text.split('id="read-back"')[1].split("</section>")[0].count("<time") == 5
    assert not rules()
    unclear = desk("mai").get(url(edition), {"cau": "thứ 2 17:00 khi mưa"})
    assert unclear.status_code == 422
    assert "Chưa hiểu “khi mua”" in unclear.content.decode()
    assert 'value="thứ 2 17:00 khi mưa"' in unclear.content.decode()


@pytest.mark.django_db
def test_saving_places_each_time_with_its_repeats_and_leads_to_the_rule(desk, edition) -> None:
    browser = desk("mai")
    answer = browser.post(url(edition), chosen(times="3", hours="05:45, 17:00"))
    assert answer.status_code == 302
    with scopes_disabled():
        assert Rule.objects.count() == 2
    with scopes_disabled():
        first = Occurrence.objects.filter(placement__start_at=wall(date(2026, 12, 2), 17))
        starts = list(first.order_by("start_at").values_list("start_at", flat=True))
    every = timedelta(seconds=300 + -(-edition.duration // timedelta(seconds=1)))
    assert starts == [wall(date(2026, 12, 2), 17) + n * every for n in range(3)]
    text = browser.get(answer.url).content.decode()
    assert "thứ 2, thứ 4" in text
    assert "phát 3 lần cách nhau 5 phút" in text
    assert "Thể dục buổi chiều" in browser.get(reverse("desk:rules")).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"hours": "17:00, 25:10"}, "“25:10” không phải là giờ"),
        ({"hours": ""}, "Hãy gõ ít nhất một giờ phát"),
        ({"weekdays": []}, "Hãy chọn ít nhất một ngày trong tuần"),
        ({"cycle": "monthly", "days": "32"}, "“32” không phải là ngày trong tháng"),
        ({"cycle": "lunar", "days": "31"}, "Tháng âm lịch không có ngày 31"),
        ({"valid_until": "2026-11-30"}, "Ngày kết thúc phải từ ngày bắt đầu trở đi"),
        ({"times": "11"}, "10"),
        ({"skipped": "31-2-2027"}, "“31-2-2027” không phải là ngày"),
        ({"times": "2", "pause": "121"}, "Nghỉ nhiều nhất 120 phút"),
        ({"valid_from": "2027-06-01", "valid_until": "2027-06-30"}, "không có lượt phát nào"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(desk, edition, wrong, words) -> None:
    answer = desk("mai").post(url(edition), chosen(**{"skipped": "24-12-2026", **wrong}))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    assert 'value="2026-12-01"' in text or "valid_from" in wrong
    assert "24-12-2026" in text or "skipped" in wrong
    assert not rules()


@pytest.mark.django_db
def test_a_clash_shows_both_items_and_both_ways_out(desk, edition, approved, place) -> None:
    place(approved("Họp tổ dân phố", valid_until=LONG), start_at=wall(date(2026, 12, 7), 17))
    browser = desk("mai")
    answer = browser.post(url(edition), chosen())
    text = " ".join(answer.content.decode().split())
    assert answer.status_code == 422
    assert "“Thể dục buổi chiều” gặp lượt đã có" in text
    assert "Họp tổ dân phố" in text
    assert "Dời sang 17:05" in text
    assert "Lưu, nhưng không phát 1 ngày trùng" in text
    unsaved = chosen()
    unsaved.pop("save")
    moved = browser.post(url(edition), {**unsaved, "move_hour": "17:05"})
    assert 'value="17:05"' in moved.content.decode()
    assert browser.post(url(edition), {**unsaved, "skip_days": "2026-12-07"}).status_code == 302
    assert "EXDATE;VALUE=DATE:20261207" in rules()[0].recurrence


@pytest.mark.django_db
def test_one_date_is_dropped_and_another_moved_with_a_reason(desk, edition) -> None:
    browser = desk("mai")
    browser.post(url(edition), chosen())
    (rule,) = rules()
    page = reverse("desk:override", args=[rule.pk])
    first, second = "2026-12-02T10:00:00.000Z", "2026-12-07T10:00:00.000Z"
    assert (
        "Hãy ghi một dòng lý do"
        in browser.post(f"{page}?luc={first}", {"way": "drop"}).content.decode()
    )
    browser.post(f"{page}?luc={first}", {"way": "drop", "reason": "Mất điện"})
    moved = {"way": "move", "moved_to": "2026-12-07T18:30", "reason": "Trùng lễ"}
    browser.post(f"{page}?luc={second}", moved)
    text = browser.get(reverse("desk:rule", args=[rule.pk])).content.decode()
    assert "Lê Thị Mai: “Mất điện”" in text
    assert "sang thứ Hai, 07-12-2026, 18:30" in text
    assert Override.objects.count() == 2
    assert browser.get(f"{page}?luc=hom-nay").status_code == 404


@pytest.mark.django_db
def test_ending_a_rule_asks_why_and_calls_off_what_is_ahead(desk, edition) -> None:
    browser = desk("mai")
    browser.post(url(edition), chosen())
    (rule,) = rules()
    page = reverse("desk:rule_end", args=[rule.pk])
    assert browser.post(page, {"reason": " "}).status_code == 422
    assert browser.post(page, {"reason": "Hết hè"}).status_code == 302
    text = browser.get(reverse("desk:rule", args=[rule.pk])).content.decode()
    assert "“Hết hè”" in text
    assert "Đổi lượt này" not in text
    with scopes_disabled():
        assert not Placement.objects.filter(called_off_at=None).exists()
    assert "Thể dục" not in browser.get(reverse("desk:rules")).content.decode()
    assert "Thể dục" in browser.get(reverse("desk:rules"), {"da-het": "1"}).content.decode()


@pytest.mark.django_db
def test_a_day_is_set_aside_with_one_reason_and_another_programme(
    desk, edition, approved, place
) -> None:
    browser = desk("mai")
    browser.post(url(edition), chosen(cycle="daily", hours="07:00, 17:00"))
    mourning = approved("Thông báo quốc tang", valid_until=LONG)
    page = reverse("desk:day_aside", args=[HAI_CHAU]) + "?ngay=2026-12-05"
    assert "Bỏ 2 lượt của ngày này" in browser.get(page).content.decode()
    given = {"reason": "Quốc tang", "instead": mourning.sha256, "at": ""}
    assert "Hãy chọn giờ phát bản thay" in browser.post(page, given).content.decode()
    assert browser.post(page, {**given, "at": "07:00"}).status_code == 302
    with scopes_disabled():
        begin = wall(date(2026, 12, 5), 0)
        rows = Occurrence.objects.filter(
            start_at__gte=begin, start_at__lt=begin + timedelta(days=1), called_off_at=None
        )
        assert [row.edition for row in rows] == [mourning]
    assert desk("tam").get(page).status_code == 403


@pytest.mark.django_db
def test_repeats_count_against_the_limit_and_one_answer_covers_them_all(desk, edition) -> None:
    with scopes_disabled():
        DailyLimit.objects.create(place_id=HAI_CHAU, minutes=1)
    times = timedelta(minutes=1) // edition.duration + 1
    assert 1 < times <= 10
    desk("mai").post(url(edition), chosen(times=str(times), hours="08:00", pause="1"))
    with scopes_disabled():
        placement = Placement.objects.select_related("rule__edition").earliest("start_at")
    assert placement.grounds == ["daily_limit"]
    every = timedelta(seconds=placement.repeat_seconds)
    assert placement.last_start_at == placement.latest_start_at + (times - 1) * every
