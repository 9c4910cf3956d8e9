"""Finding bulletins by words: exact spelling before folded, titles before bodies, newest among equals.

Bounded on purpose. Words that stand nearly everywhere would make any ranking read the whole city:
of those only the newest bulletins are looked at.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.postgres.search import SearchQueryField
from django.db import connection, transaction
from django.db.models import (
    BooleanField,
    Case,
    F,
    FloatField,
    Func,
    IntegerField,
    QuerySet,
    Value,
    When,
)

from loa.flow.newsroom.models import Bulletin, BulletinWords, TitleOf
from loa.flow.newsroom.words import Wish

# So many are ranked, and shown at most: who wants others says more words.
FOUND_MAX = 200
# Words that so many bulletins hold are common: a look through the newest is enough, and cheaper.
COMMON = 8_000
NEWEST_LOOKED_AT = 2_000
ENOUGH = 40
TITLE_OF = "ts_filter(%s, '{a}')"


class AsQuery(Func):
    """A query as PostgreSQL reads it."""

    template = "%(expressions)s::tsquery"
    output_field = SearchQueryField()

    def __init__(self, query: str) -> None:
        super().__init__(Value(query))


class Matches(Func):
    """Whether a vector holds what a query asks."""

    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = BooleanField()

    def __init__(self, vector: Func | F, query: str) -> None:
        super().__init__(vector, AsQuery(query))


def bulletins_with_words(among: QuerySet[Bulletin], wish: Wish) -> list[UUID]:
    """Return the ids of those of these bulletins that hold all words of the wish, best first.

    At most FOUND_MAX; `among` is already narrowed to what the asker may read.
    """
    if not wish:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        # It guesses how many bulletins hold words that go together badly: never read the table.
        cursor.execute("SET LOCAL enable_seqscan = off")
        found = _candidates(among, wish)
        ranked = _ranked(found, wish)
        cursor.execute("SET LOCAL enable_seqscan = on")
    return ranked


def _candidates(among: QuerySet[Bulletin], wish: Wish) -> set[UUID]:
    """Look where the best stand first, and no further than enough."""
    found: set[UUID] = set()
    for vector, query, title_only in _places_to_look(wish):
        found |= set(_holders(among, vector, query, title_only=title_only))
        if len(found) >= ENOUGH:
            break
    return found


def _places_to_look(wish: Wish) -> list[tuple[str, str, bool]]:
    folded = wish.folded()
    looks = [
        ("folded", folded.query(), True),
        ("folded", folded.query(with_beginning=False), False),
    ]
    if wish.has_marks:
        exact = [("exact", wish.query(), True), ("exact", wish.query(with_beginning=False), False)]
        looks = [*exact, *looks]
    if folded.may_be_beginning:
        looks.append(("folded", folded.query(), False))
    return looks


def _holders(among: QuerySet[Bulletin], vector: str, query: str, *, title_only: bool) -> list[UUID]:
    column = TITLE_OF % vector if title_only else vector
    rows, parameters = among.order_by().values("pk", "edited_at").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH holder AS MATERIALIZED (SELECT bulletin_id FROM newsroom_bulletinwords"  # noqa: S608 - our own names
            f" WHERE {column} @@ %s::tsquery LIMIT %s)"
            f" SELECT (SELECT count(*) FROM holder), array(SELECT mine.pk FROM ({rows}) mine"
            " JOIN holder ON holder.bulletin_id = mine.pk ORDER BY mine.edited_at DESC LIMIT %s)",
            [query, COMMON, *parameters, FOUND_MAX],
        )
        count, found = cursor.fetchone()
    if count < COMMON:
        return list(found)
    return [*found, *_newest_holders(among, vector, query, title_only=title_only)]


def _newest_holders(
    among: QuerySet[Bulletin], vector: str, query: str, *, title_only: bool
) -> list[UUID]:
    newest = among.order_by("-edited_at").values("pk")[:NEWEST_LOOKED_AT]
    column = TitleOf(vector) if title_only else F(vector)
    rows = BulletinWords.objects.filter(Matches(column, query), pk__in=newest)
    return list(rows.values_list("pk", flat=True)[:FOUND_MAX])


def _ranked(found: set[UUID], wish: Wish) -> list[UUID]:
    folded, title = wish.folded(), TitleOf("folded")
    rows = BulletinWords.objects.filter(pk__in=found).annotate(
        is_exact=Matches(F("exact"), wish.query()),
        is_title=Matches(title, folded.title_query()),
        in_title=Matches(title, folded.query()),
        # Who types a whole title means the one that says no more.
        title_words=Case(
            When(Matches(title, folded.title_query()), then=Func(title, function="length")),
            default=0,
            output_field=IntegerField(),
        ),
        weight=Func(
            F("folded"), AsQuery(folded.query()), function="ts_rank", output_field=FloatField()
        ),
    )
    best = [*(["-is_exact"] if wish.has_marks else []), "-is_title", "-in_title", "title_words"]
    rows = rows.order_by(*best, "-weight", "-bulletin__edited_at")
    return list(rows.values_list("pk", flat=True)[:FOUND_MAX])
