"""The bench of the ladder measures what it says: every device, every rule, the whole fortnight."""

from collections import Counter
from datetime import timedelta

from loa.project.benches import resolve
from loa.project.benches.resolve_rules import COMMUNES, GROUPS, rules, targets
from loa.wire.timeline import Rung


def test_the_made_up_city_is_the_same_every_time():
    assert rules(50) == rules(50)
    breadths = Counter(str(rule.breadth) for rule in rules(2000))
    assert breadths == {"city": 40, "commune": 1560, "group": 400}


def test_devices_share_a_timeline_only_where_they_stand_together():
    where = list(targets(5000))
    assert len(where) == 5000
    assert len(set(where)) == COMMUNES * (GROUPS + 1)


def test_each_device_gets_a_fortnight_without_gaps_and_something_to_sound():
    placed = rules(60)
    figures = resolve._own(placed, list(targets(200)))
    assert figures["devices"] == 200
    assert figures["rules"] == len(figures["instants"]) == 60
    assert figures["occurrences"] == sum(map(len, figures["instants"])) > 200
    assert figures["whole_s"] >= figures["resolve_s"] > 0
    occurrences = [
        [rule.occurrence(resolve.BEGIN + timedelta(hours=9))] if rule.breadth == "city" else []
        for rule in placed
    ]
    stretches = resolve._fortnight((0, -1), placed, occurrences)
    assert (stretches[0].begin, stretches[-1].end) == (resolve.BEGIN, resolve.END)
    rungs = {stretch.outcome.rung for stretch in stretches}
    assert {Rung.SILENCE, Rung.EVERGREEN} < rungs


def test_a_peer_that_cannot_be_had_is_told_and_nothing_else_fails(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(resolve, "_of_peer", _absent)
    resolve.run(devices=10, rules_count=20, json_file=tmp_path / "figures.json")
    assert "recurring-ical-events is absent: no network" in capsys.readouterr().out
    assert "peer_over_whole" not in (tmp_path / "figures.json").read_text(encoding="utf-8")


def _absent(asked):
    raise resolve.PeerAbsent("no network")
