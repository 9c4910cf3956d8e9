"""How fast and how well bulletins are found, beside tantivy on the same texts.

It measures on the city of `bench desk`, and builds it first where it does not stand.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from loa.lib import clock
from loa.lib.text import fold
from loa.project import paths
from loa.project.benches.desk_words import Corpus, read_corpus
from loa.project.benches.play_figures import MeasurementFailed
from loa.project.running import end_left_over
from loa.project.servers.errors import ServerUnavailable
from loa.project.servers.running import running
from loa.project.supervisor.instance import AlreadyRunning, SingleInstance
from loa.project.supervisor.run import LOCK_FILE
from loa.project.system import System

AIM_P95_MS = 50.0
AIM_MRR = 0.95
FIRST = 10
Find = Callable[[str], Sequence[str]]
console = Console(highlight=False)


def run(
    *, sizes: tuple[int, int, int], queries: int, corpus: Path | None, json_file: Path | None
) -> int:
    """Measure and print; returns 0 if both aims were met."""
    try:
        with SingleInstance(paths.run_folder() / LOCK_FILE):
            figures = _figures(sizes, queries, read_corpus(corpus))
    except (AlreadyRunning, ServerUnavailable, MeasurementFailed) as error:
        print(error, file=sys.stderr)
        return 1
    _print(figures)
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    ours = figures["engines"]["Loa (PostgreSQL)"]
    is_met = ours["titles"]["mrr"] >= AIM_MRR and all(
        ours[kind]["p95_ms"] <= AIM_P95_MS for kind in ("titles", "words", "words of one commune")
    )
    return 0 if is_met else 1


def _figures(sizes: tuple[int, int, int], queries: int, corpus: Corpus) -> dict[str, Any]:
    import django

    end_left_over()
    system = System()
    system.prepare()
    django.setup()
    from django_scopes import scopes_disabled

    from loa.project.benches.desk_city import Size, build
    from loa.project.database import bring_up_to_date

    if system.postgres is None:
        raise MeasurementFailed("a measurement runs on a server of its own")
    console.print(f"{sizes[0]:,} bulletins, texts from {corpus.name}")
    with running(system.postgres, paths.log_folder() / "postgres-start.log"), scopes_disabled():
        bring_up_to_date()
        build(Size(*sizes), corpus)
        asked = _Asked.of(queries)
        engines = {"Loa (PostgreSQL)": _ours(asked), **_tantivy(asked)}
    return {"bulletins": sizes[0], "queries": queries, "engines": engines}


class _Asked:
    """What is looked for: whole titles typed without marks, and a few words of some."""

    def __init__(self, rows: list[tuple[str, str]], words: list[str]) -> None:
        self.titles = [(code, fold(title)) for code, title in rows]
        self.words = words

    @classmethod
    def of(cls, count: int) -> _Asked:
        from loa.flow.newsroom.models import Bulletin

        dice = random.Random(7)  # noqa: S311 - a measurement, repeatable
        codes = list(Bulletin.objects.order_by("pk").values_list("code", flat=True))
        chosen = dice.sample(codes, min(count, len(codes)))
        titles = dict(Bulletin.objects.filter(code__in=chosen).values_list("code", "title"))
        rows = [(code, titles[code]) for code in chosen]
        return cls(rows, [_few_words(dice, title) for _, title in rows])


def _few_words(dice: random.Random, title: str) -> str:
    words, count = fold(title).split(), dice.randint(1, 3)
    begin = dice.randrange(max(1, len(words) - count))
    return " ".join(words[begin : begin + count])


def _ours(asked: _Asked) -> dict[str, Any]:
    from loa.flow.newsroom.models import Bulletin
    from loa.flow.newsroom.search import bulletins_with_words
    from loa.flow.newsroom.words import wish_of
    from loa.project.cast import HAI_CHAU

    every = Bulletin.objects.order_by()
    one = every.filter(place=HAI_CHAU)

    def finder(among: Any) -> Find:
        def find(typed: str) -> list[str]:
            found = bulletins_with_words(among, wish_of(typed))[:FIRST]
            codes = Bulletin.objects.in_bulk(found)
            return [codes[pk].code for pk in found]

        return find

    return {
        "titles": _known_items(finder(every), asked),
        "words": _times(finder(every), asked.words),
        "words of one commune": _times(finder(one), asked.words),
    }


def _tantivy(asked: _Asked) -> dict[str, Any]:
    """Index the same texts with tantivy and ask it the same, if it is installed."""
    try:
        import tantivy
    except ImportError:
        console.print("tantivy is not installed: nothing to compare with", style="yellow")
        return {}
    from loa.flow.newsroom.models import Bulletin

    fields = tantivy.SchemaBuilder().add_text_field("code", stored=True, tokenizer_name="raw")
    index = tantivy.Index(fields.add_text_field("title").add_text_field("body").build())
    writer = index.writer(128_000_000)
    began = clock.monotonic()
    for code, title, body in Bulletin.objects.values_list("code", "title", "body").iterator():
        document = tantivy.Document(code=code, title=fold(title), body=fold(body))
        writer.add_document(document)
    writer.commit()
    seconds = clock.monotonic() - began
    index.reload()
    searcher = index.searcher()

    def find(typed: str) -> list[str]:
        query, _faults = index.parse_query_lenient(
            typed, ["title", "body"], field_boosts={"title": 2.0}, conjunction_by_default=True
        )
        hits = searcher.search(query, FIRST).hits
        return [str(searcher.doc(address)["code"][0]) for _score, address in hits]

    return {
        "tantivy": {
            "titles": _known_items(find, asked),
            "words": _times(find, asked.words),
            "indexed_in_s": round(seconds),
        }
    }


def _known_items(find: Find, asked: _Asked) -> dict[str, float]:
    """Return how high the bulletin meant stands, and how long it takes."""
    ranks, times = [], []
    for code, typed in asked.titles:
        began = clock.monotonic()
        found = list(find(typed))
        times.append(clock.monotonic() - began)
        ranks.append(1 / (found.index(code) + 1) if code in found else 0.0)
    return {"mrr": round(sum(ranks) / len(ranks), 4), **_shares(times)}


def _times(find: Find, typed: Sequence[str]) -> dict[str, float]:
    times = []
    for words in typed:
        began = clock.monotonic()
        find(words)
        times.append(clock.monotonic() - began)
    return _shares(times)


def _shares(times: list[float]) -> dict[str, float]:
    ordered = sorted(1000 * one for one in times)
    shares = {"p50_ms": 0.5, "p95_ms": 0.95, "max_ms": 1.0}
    last = len(ordered) - 1
    return {name: round(ordered[min(last, int(last * s))], 1) for name, s in shares.items()}


def _print(figures: dict[str, Any]) -> None:
    title = f"{figures['bulletins']:,} bulletins, {figures['queries']} questions of each kind"
    table = Table("", "asked", "MRR@10", "p50, ms", "p95, ms", "max, ms", title=title)
    for engine, kinds in figures["engines"].items():
        for kind, one in kinds.items():
            if isinstance(one, dict):
                row = [
                    str(one.get("mrr", "")),
                    *(str(one[k]) for k in ("p50_ms", "p95_ms", "max_ms")),
                ]
                table.add_row(engine, kind, *row)
    console.print(table)
