"""What devices say: once, in whatever order it comes, and only from themselves."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loa.flow.deliveries.actions import dispatch_due
from loa.flow.deliveries.models import PlayOrder
from loa.flow.receipts.actions import open_log_batch, record_receipts, sealed_receipt
from loa.flow.receipts.models import LogPosition, PlayLog, Receipt, ReceiptBatch
from loa.flow.receipts.queries import position_of, receipts_lag, sounding_now
from loa.lib import clock
from loa.project.tests.way import MORNING, arrival, log_batch, meet
from loa.registry.people.queries import opened_roster, present_roster
from loa.wire import envelope, messages, rules
from loa.wire.messages import Event
from loa.wire.reasons import Reason, Refused

ONE, TWO, THREE = "DN-0001", "DN-0002", "DN-0003"


@pytest.fixture
def orders(way, morning) -> dict[str, str]:
    """One notice, ordered from the devices of Hải Châu: device → order."""
    way.place()
    dispatch_due()
    return {order.device_id: str(order.pk) for order in PlayOrder.objects.all()}


def play_log(order: str) -> PlayLog:
    return PlayLog.objects.get(order=order)


def store(*arrivals) -> dict[tuple[str, str], int]:
    return record_receipts(arrivals)


def test_what_a_device_says_becomes_its_play_log(orders, keys) -> None:
    order = orders[ONE]
    said = [(1, Event.PULLED, order), (2, Event.STARTED, order), (3, Event.FINISHED, order)]
    detail = {"duration_ms": 2_000, "rate_percent": 100}
    assert store(arrival(keys[0], ONE, said, detail=detail)) == {(ONE, "log-1"): 3}
    log = play_log(order)
    assert (log.started_at, log.ended_at) == (
        MORNING + timedelta(seconds=2),
        MORNING + timedelta(seconds=3),
    )
    assert (log.result, log.duration_ms, log.rate_percent) == ("finished", 2_000, 100)
    assert not PlayLog.objects.filter(order=orders[THREE]).exists()


def test_an_order_that_ended_is_known_where_documents_are_written(orders, keys) -> None:
    said = [(1, Event.STARTED, orders[ONE]), (2, Event.FINISHED, orders[ONE])]
    store(arrival(keys[0], ONE, said))
    ended = PlayOrder.objects.exclude(ended_at=None)
    assert [(str(order.pk), order.ended_at) for order in ended] == [(orders[ONE], MORNING)]


def test_the_same_batch_and_the_same_rows_again_change_nothing(orders, keys) -> None:
    order = orders[ONE]
    first = [(1, Event.PULLED, order), (2, Event.STARTED, order)]
    again = [*first, (3, Event.FINISHED, order)]
    for _ in range(2):
        store(arrival(keys[0], ONE, first))
    before = list(Receipt.objects.order_by("seq").values())
    assert store(arrival(keys[0], ONE, again), arrival(keys[0], ONE, again)) == {(ONE, "log-1"): 3}
    assert list(Receipt.objects.order_by("seq").values())[:2] == before
    assert (Receipt.objects.count(), ReceiptBatch.objects.count()) == (3, 2)


def test_a_row_that_was_stored_is_not_said_otherwise_later(orders, keys) -> None:
    order = orders[ONE]
    store(arrival(keys[0], ONE, [(1, Event.STARTED, order), (2, Event.SKIPPED, order)]))
    store(arrival(keys[0], ONE, [(1, Event.STARTED, order), (2, Event.FINISHED, order)]))
    assert (play_log(order).result, Receipt.objects.get(seq=2).event) == ("skipped", "skipped")


def test_the_position_goes_to_the_first_gap_and_jumps_when_it_closes(cast, keys) -> None:
    def say(*seqs: int) -> int:
        said = [(seq, Event.PULLED, "") for seq in seqs]
        return store(arrival(keys[0], ONE, said))[ONE, "log-1"]

    assert say(2, 3) == 0
    assert say(5) == 0
    assert say(1) == 3
    assert say(7) == 3
    assert say(6) == 3
    assert say(4) == 7
    assert say(4) == 7
    assert (position_of(ONE, "log-1"), position_of(ONE, "other")) == (7, 0)


def test_each_log_of_a_device_counts_for_itself(cast, keys) -> None:
    said = [(1, Event.PULLED, ""), (2, Event.PULLED, "")]
    upto = store(
        arrival(keys[0], ONE, said, log="before"),
        arrival(keys[0], ONE, said[:1], log="after"),
        arrival(keys[1], TWO, said[1:], log="before"),
    )
    assert upto == {(ONE, "before"): 2, (ONE, "after"): 1, (TWO, "before"): 0}


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(order=st.permutations(range(1, 9)), cuts=st.sets(st.integers(1, 7)), seed=st.integers())
def test_in_whatever_pieces_and_order_it_comes_the_log_is_the_same(
    orders, keys, order, cuts, seed
) -> None:
    log, name = str(uuid.uuid4()), orders[ONE]
    events = [*[Event.PULLED] * 5, Event.STARTED, Event.RESUMED, Event.FINISHED]
    rows = {seq: (seq, events[seq - 1], name) for seq in range(1, 9)}
    edges = [0, *sorted(cuts), 8]
    pieces = [[rows[seq] for seq in order[a:b]] for a, b in pairwise(edges)]
    heard: set[int] = set()
    for piece in [*pieces, *random.Random(seed).sample(pieces, len(pieces))]:
        upto = store(arrival(keys[0], ONE, piece, log=log))[ONE, log]
        heard |= {seq for seq, _, _ in piece}
        assert upto == next(n for n in range(9) if n + 1 not in heard)
    assert Receipt.objects.filter(log=log).count() == 8
    assert play_log(name).started_at == MORNING + timedelta(seconds=6)
    assert play_log(name).result == "finished"


def test_a_batch_is_believed_only_from_who_signed_it(cast, keys) -> None:
    said = [(1, Event.PULLED, "")]
    registered = {ONE: keys[0].public_hex, TWO: keys[1].public_hex}
    good = log_batch(keys[0], ONE, said)
    assert open_log_batch(good, ONE, registered).batch.device == ONE
    forged = log_batch(keys[1], ONE, said)
    flipped = good.replace(b'"payload":"e', b'"payload":"f', 1)
    foreign_type = envelope.seal(messages.HEARTBEAT, envelope.read(good).payload_bytes, keys[0])
    cases = {
        "another's key": (forged, ONE, Reason.UNKNOWN_KEY),
        "another's batch": (good, TWO, Reason.UNKNOWN_KEY),
        "its own key, another's name": (log_batch(keys[1], ONE, said), TWO, Reason.WRONG_DEVICE),
        "nobody's": (good, "DN-0009", Reason.UNKNOWN_KEY),
        "another kind": (foreign_type, ONE, Reason.WRONG_TYPE),
        "too much": (b" " * 20_000, ONE, Reason.OVERSIZE),
        "no envelope": (b"\x00\xff", ONE, Reason.MALFORMED),
    }
    for name, (data, device, reason) in cases.items():
        with pytest.raises(Refused) as caught:
            open_log_batch(data, device, registered)
        assert caught.value.reason is reason, name
    with pytest.raises(Refused) as caught:
        open_log_batch(flipped, ONE, registered)
    assert caught.value.reason in {Reason.FORGED, Reason.MALFORMED}


def test_words_the_database_cannot_hold_are_refused_before_they_hold_up_others(cast, keys) -> None:
    registered = {ONE: keys[0].public_hex}
    far_west, far_east = timezone(-timedelta(hours=12)), timezone(timedelta(hours=14))
    odd = [
        {"said": [(1, Event.PULLED, "\x00")]},
        {"said": [(1, Event.PULLED, "")], "reason": "\x00"},
        {"said": [(1, Event.PULLED, "")], "detail": {"\x00": 1}},
        {"said": [(1, Event.PULLED, "")], "log": "l" * 41},
        {"said": [(0, Event.PULLED, "")], "at": datetime(9999, 12, 31, 23, tzinfo=far_west)},
        {"said": [(0, Event.PULLED, "")], "at": datetime(1, 1, 1, tzinfo=far_east)},
    ]
    for fields in odd:
        sealed = log_batch(keys[0], ONE, **fields)
        with pytest.raises(Refused) as caught:
            open_log_batch(sealed, ONE, registered)
        assert caught.value.reason is Reason.MALFORMED
    unset = arrival(keys[0], ONE, [(1, Event.PULLED, "")], at=datetime(1970, 1, 1, tzinfo=UTC))
    long = arrival(keys[0], ONE, [(2**53 - 1, Event.PULLED, "o" * 99)], reason="r" * 99)
    store(unset, long)
    assert sorted(map(len, Receipt.objects.values_list("order", flat=True))) == [0, 40]
    assert list(Receipt.objects.values_list("at", flat=True))


ODD_WORDS = ["a\tb", "a\nb\\nc", "\\N", "\\.", "\r\n", "lời", "\"'", "\u2028\u0085\x1f"]


def test_odd_words_are_kept_letter_by_letter(cast, keys) -> None:
    for seq, word in enumerate(ODD_WORDS, start=1):
        store(arrival(keys[0], ONE, [(seq, Event.SKIPPED, word)], detail={word: word}))
    found = Receipt.objects.order_by("seq").values_list("order", "detail")
    assert list(found) == [(word, {word: word}) for word in ODD_WORDS]


def test_another_devices_word_about_an_order_is_not_believed(orders, keys) -> None:
    order = orders[ONE]
    store(arrival(keys[1], TWO, [(1, Event.STARTED, order), (2, Event.FINISHED, order)]))
    assert not PlayLog.objects.filter(order=order).exists()
    store(arrival(keys[0], ONE, [(1, Event.STARTED, order), (2, Event.SKIPPED, order)]))
    assert play_log(order).result == "skipped"


def test_an_order_nobody_gave_is_kept_and_makes_no_play_log(cast, keys) -> None:
    said = [(1, Event.STARTED, "not an order"), (2, Event.STARTED, "0" * 32)]
    assert store(arrival(keys[0], ONE, said)) == {(ONE, "log-1"): 2}
    assert (Receipt.objects.count(), PlayLog.objects.count()) == (2, 0)


def test_numbers_that_are_none_do_not_reach_the_play_log(orders, keys) -> None:
    for seq, detail in enumerate(
        ({"duration_ms": -1}, {"duration_ms": 2**40}, {"duration_ms": "long"}, {}), start=1
    ):
        store(
            arrival(keys[0], ONE, [(seq, Event.FINISHED, orders[ONE])], detail=detail, log=f"{seq}")
        )
        assert play_log(orders[ONE]).duration_ms == 0
        assert play_log(orders[ONE]).rate_percent == 100


def test_what_has_begun_and_not_ended_sounds_now(orders, keys) -> None:
    store(arrival(keys[0], ONE, [(1, Event.STARTED, orders[ONE])]))
    with clock.at(MORNING + timedelta(seconds=2)):
        assert [log.order.device_id for log in sounding_now()] == [ONE]
    store(arrival(keys[0], ONE, [(2, Event.FINISHED, orders[ONE])]))
    with clock.at(MORNING + timedelta(seconds=3)):
        assert list(sounding_now()) == []


def test_how_long_an_answer_is_missing(orders, keys) -> None:
    later = MORNING + timedelta(minutes=3)
    assert receipts_lag(later) == timedelta(minutes=3)
    for number, device in ((0, ONE), (2, THREE)):
        store(arrival(keys[number], device, [(1, Event.STARTED, orders[device])]))
    assert receipts_lag(later) == timedelta(0)


def test_the_citys_word_is_signed_for_one_log_of_one_device(cast) -> None:
    roster = opened_roster(present_roster())
    sealed = sealed_receipt(ONE, "log-1", 7)
    here = {"device": ONE, "log": "log-1", "now": MORNING}
    assert rules.open_log_receipt(sealed, roster, **here).upto == 7
    for wrong in ({"device": TWO}, {"log": "log-2"}):
        with pytest.raises(Refused) as caught:
            rules.open_log_receipt(sealed, roster, **{**here, **wrong})
        assert caught.value.reason is Reason.WRONG_DEVICE


@pytest.mark.django_db(transaction=True)
def test_two_receivers_at_once_put_one_whole_log_together(way, keys) -> None:
    with clock.at(MORNING):
        way.place()
        dispatch_due()
        order = str(PlayOrder.objects.get(device=ONE).pk)
        begun = arrival(keys[0], ONE, [(1, Event.PULLED, order), (2, Event.STARTED, order)])
        ended = arrival(keys[0], ONE, [(3, Event.FINISHED, order)])
        first, rival = meet(lambda: store(begun), lambda: store(ended))
    assert (first, rival.outcome()) == ({(ONE, "log-1"): 2}, {(ONE, "log-1"): 3})
    assert play_log(order).started_at == MORNING + timedelta(seconds=2)
    assert play_log(order).result == "finished"
    assert LogPosition.objects.get().upto == 3
