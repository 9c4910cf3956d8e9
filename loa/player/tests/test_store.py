"""Media from a real HTTP server that breaks in the ways lines and disks do."""

import asyncio
import contextlib
import hashlib
import os
import resource

import pytest

from loa.player.fetch import Fetcher
from loa.player.store import MediaStore
from loa.wire.reasons import Reason

SOUND = b"these bytes were approved" * 400
SIZE = len(SOUND)
NAME = hashlib.sha256(SOUND).hexdigest()


@pytest.fixture
def run(tmp_path, media_server):
    """Run a coroutine of a store; the store of another boot stands over the same folder."""

    def run_with(work, *, reserve_bytes=0):
        async def within():
            fetcher = Fetcher()
            store = MediaStore(
                tmp_path / "media", fetcher, reserve_bytes=reserve_bytes, retry_seconds=0.001
            )
            try:
                return await work(store)
            finally:
                await fetcher.close()

        return asyncio.run(within())

    return run_with


def fetching(media_server, troubles=None, size=SIZE):
    async def work(store):
        seen = troubles if troubles is not None else []
        return await store.ensure(NAME, size, media_server.url, seen.append)

    return work


async def first_trouble(store, media_server, size=SIZE):
    """Return the first reason the store gives; it would ask for ever."""
    found = asyncio.get_running_loop().create_future()

    def note(reason):
        if not found.done():
            found.set_result(reason)

    task = asyncio.create_task(store.ensure(NAME, size, media_server.url, note))
    try:
        return await asyncio.wait_for(found, 10)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_file_stands_under_its_hash(run, media_server):
    path = run(fetching(media_server))
    assert path.name == NAME
    assert path.read_bytes() == SOUND


def test_cut_download_goes_on_where_it_broke(run, media_server):
    media_server.cut_after = [4_096, 1_000]
    troubles = []
    path = run(fetching(media_server, troubles))
    assert path.read_bytes() == SOUND
    assert media_server.ranges == [None, "bytes=4096-", "bytes=5096-"]
    assert troubles == [Reason.MEDIA_MISSING, Reason.MEDIA_MISSING]


def test_cut_at_every_kilobyte_never_shows_half_a_file(run, media_server, tmp_path):
    for bytes_got in range(1, len(SOUND), 1_024):
        media_server.cut_after = [bytes_got]
        path = run(fetching(media_server))
        assert path.read_bytes() == SOUND
        path.unlink()


def test_part_of_an_earlier_boot_is_continued(run, media_server, tmp_path):
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / f"{NAME}.part").write_bytes(SOUND[:5_000])
    run(fetching(media_server))
    assert media_server.ranges == ["bytes=5000-"]


def test_server_that_ignores_ranges_still_gives_the_right_file(run, media_server):
    media_server.cut_after = [4_096]
    media_server.ignores_range = True
    assert run(fetching(media_server)).read_bytes() == SOUND


def test_swapped_media_is_refused_deleted_and_asked_again(run, media_server, tmp_path):
    media_server.files[NAME] = SOUND[:-1] + b"!"
    assert run(lambda store: first_trouble(store, media_server)) is Reason.MEDIA_MISMATCH
    assert not (tmp_path / "media" / NAME).exists()
    assert not (tmp_path / "media" / f"{NAME}.part").exists()
    media_server.files[NAME] = SOUND
    assert run(fetching(media_server)).read_bytes() == SOUND


def test_longer_media_is_refused_without_reading_it_all(run, media_server, tmp_path):
    media_server.files[NAME] = SOUND * 50
    assert run(lambda store: first_trouble(store, media_server)) is Reason.MEDIA_MISMATCH
    assert not (tmp_path / "media" / NAME).exists()


def test_media_the_city_does_not_have_is_missing(run, media_server):
    del media_server.files[NAME]
    assert run(lambda store: first_trouble(store, media_server)) is Reason.MEDIA_MISSING


def test_flipped_bit_on_disk_is_found_at_the_next_boot_and_fetched_anew(run, media_server):
    path = run(fetching(media_server))
    flipped = bytearray(SOUND)
    flipped[777] ^= 1
    path.write_bytes(flipped)
    assert run(fetching(media_server)).read_bytes() == SOUND
    assert len(media_server.ranges) == 2


def test_file_is_not_fetched_twice(run, media_server):
    run(fetching(media_server))
    run(fetching(media_server))
    assert len(media_server.ranges) == 1


def test_many_devices_share_one_download(run, media_server):
    async def work(store):
        wants = [store.ensure(NAME, len(SOUND), media_server.url, print) for _ in range(50)]
        return await asyncio.gather(*wants)

    assert len(set(run(work))) == 1
    assert len(media_server.ranges) == 1


def test_reserve_is_kept_free(run, media_server):
    too_much = 2**62
    reason = run(lambda store: first_trouble(store, media_server), reserve_bytes=too_much)
    assert reason is Reason.NO_SPACE
    assert media_server.ranges == []


def test_full_disk_while_writing_is_named_and_overcome(run, media_server):
    with file_size_at_most(4_000):
        assert run(lambda store: first_trouble(store, media_server)) is Reason.NO_SPACE
    assert run(fetching(media_server)).read_bytes() == SOUND


@contextlib.contextmanager
def file_size_at_most(size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_room_is_made_from_what_nobody_names_the_oldest_first(run, media_server, tmp_path):
    folder = tmp_path / "media"
    folder.mkdir()
    for age, name in enumerate(["a" * 64, "b" * 64, "c" * 64]):
        (folder / name).write_bytes(bytes(len(SOUND)))
        os.utime(folder / name, (1_000 + age, 1_000 + age))

    async def work(store):
        used = lambda: sum(path.stat().st_size for path in folder.iterdir())  # noqa: E731
        store.free_bytes = lambda: 3 * len(SOUND) - used()
        store.name_wanted("dn-0001", ["a" * 64])
        return await store.ensure(NAME, len(SOUND), media_server.url, print)

    run(work)
    assert sorted(path.name[0] for path in folder.iterdir()) == sorted(["a", "c", NAME[0]])
