"""What rules will make sound beyond the days already placed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from loa.flow.schedules.models import Occurrence, Override, Placement, Rule
from loa.flow.schedules.queries import codes_heard_at
from loa.flow.schedules.recurrence import at_midnight, expand
from loa.flow.schedules.recurrence_text import parse
from loa.flow.schedules.repeats import Stretches, Window
from loa.lib import clock
from loa.registry.places.models import Place

DAY = timedelta(days=1)


def recurring_in(rule: Rule, begin: datetime, end: datetime) -> list[datetime]:
    """Return when the rule recurs, begin ≤ t < end, while it and its edition are valid."""
    zone = clock.CITY_ZONE.key
    since = max(begin, at_midnight(rule.valid_from, zone), rule.edition.valid_from)
    until = min(end, at_midnight(rule.valid_until + DAY, zone), rule.edition.valid_until)
    return expand(parse(rule.recurrence), since, until) if since < until else []


def overrides_of(rules: Collection[Rule]) -> dict[tuple[object, datetime], Override]:
    """Return (rule, time it recurs) → the latest override of that occurrence."""
    rows = Override.objects.filter(rule__in=rules).order_by("pk")
    return {(row.rule_id, row.recurs_at): row for row in rows}


def foreseen_clashes(
    places: Iterable[Place], windows: Sequence[Window], *, beside: Rule | None = None
) -> list[Occurrence]:
    """Return occurrences, not placed yet and never saved, that rules will bring into the windows.

    What is placed already is found by `clashes_in`; an emergency gives way to nobody and is left out.
    """
    if not windows:
        return []
    last, stretches = max(end for _, end in windows), Stretches(windows)
    rows = (
        Rule._base_manager.filter(  # noqa: SLF001
            ended_at=None,
            expanded_until__lt=last,
            places__in=codes_heard_at(places),
        )
        .exclude(rank_class=Rule.RankClass.EMERGENCY)
        .exclude(pk__in=[beside.pk] if beside else [])
        .select_related("edition__bulletin", "place")
        .distinct()
    )
    rules = list(rows)
    overrides = overrides_of(rules)
    placed = _placed_by(rules)
    found: list[Occurrence] = []
    for rule in rules:
        # One moved to a time not placed yet was placed when it was moved.
        times = [
            t
            for t in recurring_in(rule, rule.expanded_until, last)
            if (rule.pk, t) not in overrides and (rule.pk, t) not in placed
        ]
        found.extend(_meeting(rule, times, stretches))
    return found


def _placed_by(rules: Collection[Rule]) -> set[tuple[object, datetime | None]]:
    rows = Placement._base_manager.filter(rule__in=rules)  # noqa: SLF001
    return set(rows.values_list("rule_id", "recurs_at"))


def _meeting(rule: Rule, times: list[datetime], stretches: Stretches) -> list[Occurrence]:
    return [
        Occurrence(edition=rule.edition, place=rule.place, start_at=begin, end_at=end)
        for t in times
        for begin, end in rule.windows_at(t)
        if stretches.meet(begin, end)
    ]
