"""Files by their content: whole, or not there."""

from __future__ import annotations

import errno
import os
import threading

import pytest

from loa.registry.library import store
from loa.wire.canonical import content_hash

pytestmark = pytest.mark.usefixtures("own_folders")
SOUND = bytes(range(256)) * 64


def files_under(settings) -> list[str]:
    return sorted(path.name for path in settings.LOA_MEDIA.rglob("*") if path.is_file())


def test_what_is_kept_is_found_by_the_hash_of_its_bytes() -> None:
    name = store.write(SOUND)
    assert name == content_hash(SOUND)
    assert store.read(name) == SOUND


def test_keeping_again_writes_nothing() -> None:
    name = store.write(SOUND)
    before = store.path_of(name).stat()
    assert store.write(SOUND) == name
    after = store.path_of(name).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize(
    "damaged", [SOUND[:-1], b"", SOUND + b"x", SOUND[:-1] + b"x", b"x" + SOUND[1:]]
)
def test_a_file_cut_or_flipped_is_not_served_and_keeping_again_mends_it(damaged) -> None:
    name = store.write(SOUND)
    store.path_of(name).write_bytes(damaged)
    assert store.read(name) is None
    store.write(SOUND)
    assert store.read(name) == SOUND


def test_what_was_never_kept_is_not_there() -> None:
    assert store.read("0" * 64) is None


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_named_and_leaves_nothing_behind(monkeypatch, settings, number) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(store.NoSpaceLeft):
        store.write(SOUND)
    assert files_under(settings) == []
    monkeypatch.undo()
    assert store.read(store.write(SOUND)) == SOUND


def test_no_room_for_a_folder_is_a_full_disk_too(monkeypatch, settings) -> None:
    def full(*_args, **_options) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "mkdir", full)
    with pytest.raises(store.NoSpaceLeft):
        store.write(SOUND)


def test_another_fault_of_the_disk_keeps_its_name(monkeypatch) -> None:
    def broken(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output") as caught:
        store.write(SOUND)
    assert not isinstance(caught.value, store.NoSpaceLeft)


def test_many_who_keep_the_same_bytes_at_once_all_succeed(settings) -> None:
    together, faults = threading.Barrier(8), []

    def keep() -> None:
        try:
            together.wait(10)
            store.write(SOUND)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=keep) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert faults == []
    assert files_under(settings) == [content_hash(SOUND)]
