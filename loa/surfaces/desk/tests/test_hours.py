import pytest
from django_scopes import scopes_disabled

from loa.flow.schedules.queries import daily_limit_at, quiet_hours_at
from loa.project.cast import HAI_CHAU
from loa.registry.ledger.models import Fact
from loa.registry.places.queries import place_by_code
from loa.wire.messages import QuietHours

pytestmark = pytest.mark.django_db
ADDRESS = f"/ban/lich/gio/{HAI_CHAU}/"
EARLY = {"quiet_from": "20:30", "quiet_until": "06:00", "minutes": "45"}


def test_a_chair_decides_the_hours_of_the_commune(desk, morning) -> None:
    browser = desk("hung")
    assert 'value="21:00"' in browser.get(ADDRESS).content.decode()
    answer = browser.post(ADDRESS, EARLY, follow=True)
    assert "Đã đổi giờ" in answer.content.decode()
    commune, village = place_by_code(HAI_CHAU), place_by_code(f"{HAI_CHAU}-01")
    assert quiet_hours_at(village) == QuietHours(start="20:30", end="06:00")
    assert daily_limit_at(commune).total_seconds() == 45 * 60


def test_the_same_hours_again_are_no_news(desk, morning) -> None:
    browser = desk("hung")
    browser.post(ADDRESS, EARLY)
    browser.post(ADDRESS, EARLY)
    assert Fact.objects.filter(kind="hours_set").count() == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"quiet_until": "20:30"}, "phải có lúc bắt đầu và lúc kết thúc khác nhau"),
        ({"minutes": "0"}, "phải từ 1 đến 720"),
        ({"quiet_from": "25:00"}, "Yên tĩnh từ"),
    ],
)
def test_hours_that_are_none_are_refused(desk, morning, given, words) -> None:
    answer = desk("hung").post(ADDRESS, {**EARLY, **given})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    with scopes_disabled():
        assert quiet_hours_at(place_by_code(HAI_CHAU)).start == "21:00"


@pytest.mark.parametrize("username", ["mai", "son", "thuy", "duc", "nga", "la"])
def test_who_may_not_decide_finds_no_form(desk, username) -> None:
    browser = desk(username)
    assert browser.get(ADDRESS).status_code == 403
    assert browser.post(ADDRESS, EARLY).status_code == 403
