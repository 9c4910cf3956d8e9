"""What one document holds: pure, and always small enough to be read."""

from __future__ import annotations

import json
from datetime import timedelta

from loa.flow.deliveries.rules import (
    DOCUMENT_LIFE,
    ORDERS_MAX,
    PAST,
    PlannedSound,
    Wanted,
    compose,
    nearest,
    numbered,
)
from loa.project.tests.way import MORNING
from loa.wire import canonical, envelope, messages
from loa.wire.keys import SigningKey
from loa.wire.messages import LedgerHead, Prefetch, QuietHours

KEY = SigningKey.from_seed(b"k" * 32)
HOUR = timedelta(hours=1)
QUIET = QuietHours(start="21:00", end="05:30")


def sound(number: int, *, priority: str = "normal", size: int = 800, **fields) -> PlannedSound:
    start_at = MORNING + number * HOUR
    return PlannedSound(
        order=f"order-{number:02d}",
        edition_sha256=f"{number:064x}",
        edition_envelope=json.dumps({"payload": "x" * size}).encode(),
        priority=priority,
        start_at=start_at,
        latest_start_at=start_at + timedelta(minutes=10),
        **fields,
    )


def wanted(*sounds: PlannedSound, **fields) -> Wanted:
    return Wanted(device="DN-0001", place="20242", quiet_hours=QUIET, sounds=list(sounds), **fields)


def sealed(draft: messages.Desired) -> bytes:
    head = LedgerHead(seq=2**40, hash="f" * 64)
    desired = numbered(draft, seq=2**40, issued_at=MORNING, ledger=head)
    return envelope.seal(messages.DESIRED, canonical.encode(desired), KEY)


def names(draft: messages.Desired) -> list[str]:
    return [order.order for order in draft.orders]


def test_emergencies_come_first_and_then_the_nearest() -> None:
    sounds = [sound(n) for n in range(1, 8)]
    storm = sound(9, priority="emergency")
    assert [s.order for s in nearest([*sounds, storm])] == [
        "order-09",
        "order-01",
        "order-02",
        "order-03",
        "order-04",
    ]


def test_what_is_past_makes_room_for_what_is_to_come() -> None:
    past = [sound(n, lateness=PAST) for n in range(1, 6)]
    coming = [sound(n) for n in range(6, 9)]
    assert names(compose(wanted(*past, *coming))) == [
        "order-04",
        "order-05",
        "order-06",
        "order-07",
        "order-08",
    ]
    old_storm = sound(0, priority="emergency", lateness=PAST)
    five = [sound(n) for n in range(1, 6)]
    assert "order-00" not in names(compose(wanted(old_storm, *five)))


def test_each_order_has_what_it_rests_on_beside_it() -> None:
    confirmed = sound(1, confirmation_envelope=b'{"payload":"y"}')
    draft = compose(wanted(confirmed, sound(2)))
    assert draft.orders[0].confirmation == canonical.content_hash(b'{"payload":"y"}')
    assert draft.orders[1].confirmation is None
    assert set(draft.envelopes) == {
        confirmed.edition_sha256,
        sound(2).edition_sha256,
        draft.orders[0].confirmation,
    }


def test_a_document_always_fits_a_message_and_gives_up_the_least_needed_first() -> None:
    ahead = [Prefetch(sha256=f"{n:064x}", bytes=10**6) for n in range(20)]
    recalls = [f"{n:036x}" for n in range(20)]
    for size in (800, 2_000, 3_500, 6_000):
        sounds = [
            sound(n, size=size, confirmation_envelope=json.dumps({"p": "y" * 900, "n": n}).encode())
            for n in range(1, 9)
        ]
        draft = compose(wanted(*sounds, prefetch=ahead, recalls=recalls))
        assert len(sealed(draft)) <= canonical.MESSAGE_BYTES_MAX
        assert names(draft) == [f"order-{n:02d}" for n in range(1, len(draft.orders) + 1)]
        assert 1 <= len(draft.orders) <= ORDERS_MAX
        assert draft.recalls == tuple(sorted(recalls))
        if len(draft.orders) < ORDERS_MAX:
            assert draft.prefetch == ()
    assert len(compose(wanted(*[sound(n) for n in range(1, 9)])).orders) == ORDERS_MAX


def test_more_recalls_than_fit_leave_the_oldest_out() -> None:
    recalls = [f"{n:036x}" for n in range(1_000)]
    draft = compose(wanted(sound(1), recalls=recalls))
    assert len(sealed(draft)) <= canonical.MESSAGE_BYTES_MAX
    assert set(draft.recalls) == set(recalls[: len(draft.recalls)])
    assert len(draft.recalls) > 100


def test_a_document_is_good_for_fourteen_days() -> None:
    desired = numbered(compose(wanted()), seq=3, issued_at=MORNING, ledger=None)
    assert (desired.seq, desired.expires_at - desired.issued_at) == (3, DOCUMENT_LIFE)
    assert timedelta(days=14) == DOCUMENT_LIFE
