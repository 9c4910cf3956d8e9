import unicodedata
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from loa.flow.newsroom import search
from loa.flow.newsroom.actions import edit_bulletin, write_bulletin
from loa.flow.newsroom.models import Bulletin, BulletinWords
from loa.flow.newsroom.queries import bulletins_in_scope
from loa.flow.newsroom.words import enter_words, vectors_of, wish_of
from loa.lib import clock
from loa.lib.text import fold
from loa.project.cast import HAI_CHAU, HOA_VANG
from loa.registry.people.queries import person_by_username
from loa.registry.places.queries import place_by_code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folders", "whole_city", "cast")]


@pytest.fixture
def put(cast):
    """Put a bulletin into the database as it would stand there after it was written."""
    count = iter(range(1, 1000))

    def written(title: str, body: str = "", place: str = HAI_CHAU) -> Bulletin:
        number, now = next(count), clock.now()
        return Bulletin.objects.create(
            code=f"{place}-261124-{number:02d}",
            place=place_by_code(place),
            author=person_by_username("mai"),
            title=title,
            body=body,
            valid_from=now,
            valid_until=now + timedelta(days=1),
            voice="x",
            written_at=now,
            edited_at=now,
        )

    return written


def found(typed: str) -> list[str]:
    rows = bulletins_in_scope()
    titles = dict(rows.values_list("pk", "title"))
    bare = rows.select_related(None).prefetch_related(None)
    return [titles[pk] for pk in search.bulletins_with_words(bare, wish_of(typed))]


def test_words_without_marks_find_every_spelling(put) -> None:
    decomposed = unicodedata.normalize("NFD", "Hội chợ Đà Nẵng")
    put("Tin Đà Nẵng")
    put("TIN ĐÀ NẴNG HÔM NAY")
    put(decomposed)
    put("Tin Huế")
    assert len(found("da nang")) == 3


def test_exact_spelling_stands_before_other_spellings(put) -> None:
    put("Đà Nẵng đón khách")
    put("Đá nặng chắn đường")
    put("da nang viet khong dau")
    assert found("Đà Nẵng")[0] == "Đà Nẵng đón khách"
    assert found("đá nặng")[0] == "Đá nặng chắn đường"
    assert len(found("Đà Nẵng")) == 3


def test_old_and_new_places_of_a_tone_are_one_spelling(put) -> None:
    put("Hoà bình ở thuỷ điện")
    assert found("hòa bình thủy điện") == found("hoà bình thuỷ điện") == ["Hoà bình ở thuỷ điện"]


def test_a_title_stands_before_a_body(put) -> None:
    put("Việc khác", "Mời bà con đi tiêm chủng sáng mai.")
    put("Lịch tiêm chủng")
    assert found("tiem chung") == ["Lịch tiêm chủng", "Việc khác"]


def test_a_word_half_typed_finds_the_whole_one(put) -> None:
    put("Lịch tiêm chủng")
    assert found("tiêm ch") == ["Lịch tiêm chủng"]
    assert found("tiêm ch ") == []


def test_quotes_ask_for_words_in_a_row(put) -> None:
    put("Cắt điện, sau đó cắt nước")
    put("Cắt nước, sau đó có điện")
    assert found('"cat dien"') == ["Cắt điện, sau đó cắt nước"]
    assert len(found("cat dien")) == 2


def test_the_code_of_a_bulletin_finds_it(put) -> None:
    bulletin = put("Lịch tiêm chủng")
    assert found(bulletin.code) == ["Lịch tiêm chủng"]


@pytest.mark.parametrize("typed", ["", "  ", "''", "!&|():*<->", "\\", "a'b", "\x00", '"', "🙂"])
def test_what_is_no_word_finds_nothing_and_breaks_nothing(put, typed) -> None:
    put("Lịch tiêm chủng")
    assert found(typed) == []


def test_an_edit_is_found_at_once_and_the_old_words_no_more(cast, written_bulletin) -> None:
    bulletin = written_bulletin
    edit_bulletin(bulletin, by=person_by_username("mai"), title="Phun thuốc muỗi", body="")
    assert found("phun thuoc") == ["Phun thuốc muỗi"]
    assert found("tiem chung") == []


@pytest.fixture
def written_bulletin(cast):
    return write_bulletin(
        place=place_by_code(HAI_CHAU), by=person_by_username("mai"), title="Tiêm chủng"
    )


def test_only_what_is_among_the_readable_is_found(put) -> None:
    put("Tin Hải Châu")
    put("Tin Hòa Vang", place=HOA_VANG)
    among = Bulletin.objects.filter(place=HOA_VANG)
    assert len(search.bulletins_with_words(among, wish_of("tin"))) == 1


def test_common_words_are_looked_for_among_the_newest_only(put, monkeypatch) -> None:
    for number in range(12):
        put(f"Thông báo số {number}")
    monkeypatch.setattr(search, "COMMON", 3)
    monkeypatch.setattr(search, "NEWEST_LOOKED_AT", 5)
    monkeypatch.setattr(search, "FOUND_MAX", 8)
    titles = found("thong bao")
    assert len(titles) <= 8
    assert {f"Thông báo số {n}" for n in range(7, 12)} <= set(titles)


def test_entering_again_changes_nothing(put) -> None:
    bulletin = put("Lịch tiêm chủng")
    before = BulletinWords.objects.values_list("exact", "folded").get(pk=bulletin.pk)
    enter_words([bulletin])
    assert BulletinWords.objects.values_list("exact", "folded").get(pk=bulletin.pk) == before


class Text:
    pk = None
    code = "48-1"
    body = ""

    def __init__(self, title: str) -> None:
        self.title = title


@given(st.text(max_size=60))
def test_the_database_reads_every_vector_and_every_wish(text) -> None:
    wish = wish_of(text)
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector, %s::tsvector", list(vectors_of(Text(text))))
        if wish:
            cursor.execute(
                "SELECT %s::tsvector @@ %s::tsquery",
                [vectors_of(Text(text))[1], wish.folded().query()],
            )
            assert cursor.fetchone() == (True,), fold(text)
