"""What a device must not forget."""

import asyncio
import contextlib
import resource
import sqlite3

import pytest

from loa.player.journal import UNSAVED_ROWS_MAX, FleetFile, Journal, JournalFile
from loa.wire.cast import NOW
from loa.wire.messages import Clock, Event, LogRow


def row(order="o-1"):
    return LogRow(seq=0, at=NOW, monotonic_ms=1, clock=Clock.GOOD, event=Event.PULLED, order=order)


@pytest.fixture
def open_file(tmp_path):
    return lambda durable=True: JournalFile(str(tmp_path / "journal.db"), durable=durable)


@contextlib.contextmanager
def full_disk(tmp_path):
    """No file may grow beyond what the largest already is."""
    size = max(path.stat().st_size for path in tmp_path.iterdir())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def seqs(journal):
    return [found.seq for found in journal.unacknowledged(10_000)]


def test_numbers_have_no_gap_over_boots(open_file):
    Journal(open_file(), "dn-1").write([row(), row()])
    again = Journal(open_file(), "dn-1")
    again.write([row()])
    assert seqs(again) == [1, 2, 3]


def test_numbers_go_on_after_all_rows_were_acknowledged(open_file):
    journal = Journal(open_file(), "dn-1")
    journal.write([row(), row()])
    journal.forget_upto(2)
    again = Journal(open_file(), "dn-1")
    again.write([row()])
    assert seqs(again) == [3]
    assert again.log == journal.log


def test_devices_in_one_file_keep_apart(open_file):
    file = open_file()
    one, two = Journal(file, "dn-1"), Journal(file, "dn-2")
    one.write([row(), row()])
    two.write([row()])
    one.forget_upto(2)
    assert (seqs(one), seqs(two)) == ([], [1])
    assert one.log != two.log


def test_full_disk_keeps_rows_in_memory_and_sends_none_of_them(open_file, tmp_path):
    journal = Journal(open_file(), "dn-1")
    journal.write([row()])
    with full_disk(tmp_path):
        assert journal.write([row("x" * 50_000)]) is False
        assert journal.trouble
        assert seqs(journal) == [1]
    assert journal.save() is True
    assert seqs(journal) == [1, 2]
    assert journal.trouble == ""


def test_memory_for_rows_is_bounded(open_file, tmp_path):
    journal = Journal(open_file(), "dn-1")
    with full_disk(tmp_path):
        journal.write([row("x" * 50_000)])
        journal.write([row()] * (UNSAVED_ROWS_MAX + 10))
    assert journal.dropped == 11
    journal.save()
    assert seqs(journal) == list(range(1, UNSAVED_ROWS_MAX + 1))


def test_journal_in_memory_works_too():
    journal = Journal(JournalFile(":memory:", durable=False), "dn-1")
    journal.write([row()])
    assert seqs(journal) == [1]


def test_document_before_the_last_is_kept(open_file):
    journal = Journal(open_file(), "dn-1")
    for number in (1, 2, 3):
        journal.keep_document("desired", b"%d" % number, number)
    again = Journal(open_file(), "dn-1")
    assert again.documents("desired") == [b"3", b"2"]
    assert again.highest("desired") == 3


class Reluctant(JournalFile):
    """A file that refuses to begin a change, as a full or a locked one does."""

    refuses = False

    @contextlib.contextmanager
    def changes(self):
        if self.refuses:
            raise sqlite3.OperationalError("database is locked")
        with super().changes() as db:
            yield db


def test_a_receipt_that_the_disk_refused_deletes_its_rows_the_next_time(tmp_path):
    file = Reluctant(str(tmp_path / "journal.db"), durable=False)
    journal = Journal(file, "dn-0001")
    journal.write([row(), row(), row()])
    file.refuses = True
    journal.forget_upto(2)
    assert journal.upto == 0
    assert journal.remember_refusal("a" * 64)
    file.refuses = False
    journal.forget_upto(2)
    assert [kept.seq for kept in journal.unacknowledged(10)] == [3]
    file.close()


def test_devices_of_a_fleet_write_together_and_each_all_or_nothing(tmp_path, open_file):
    async def turn():
        file = FleetFile(str(tmp_path / "journal.db"))
        one, two = Journal(file, "dn-1"), Journal(file, "dn-2")
        one.write([row(), row()])
        with contextlib.suppress(ZeroDivisionError), file.changes() as db:
            db.execute("DELETE FROM row")
            raise ZeroDivisionError
        two.write([row()])
        elsewhere = sqlite3.connect(tmp_path / "journal.db")
        assert elsewhere.execute("SELECT count(*) FROM row").fetchone() == (0,)
        await asyncio.sleep(0)  # the turn ends
        assert elsewhere.execute("SELECT count(*) FROM row").fetchone() == (3,)

    asyncio.run(turn())
    assert seqs(Journal(open_file(), "dn-1")) == [1, 2]
    assert seqs(Journal(open_file(), "dn-2")) == [1]


def test_a_fleet_without_a_loop_writes_at_once(tmp_path, open_file):
    Journal(FleetFile(str(tmp_path / "journal.db")), "dn-1").write([row()])
    assert seqs(Journal(open_file(), "dn-1")) == [1]
