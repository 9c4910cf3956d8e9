"""Where root's server lives; an ordinary user's lives in the checkout."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from loa.project.servers.errors import ServerUnavailable
from loa.project.servers.postgres_place import find_place

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root's server lives elsewhere")


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def test_place_is_named_by_the_checkout_and_stays(tmp_path, home):
    first = find_place(tmp_path / "a", roots_home=home)
    assert find_place(tmp_path / "a", roots_home=home) == first
    assert first.folder.parent == home
    assert (first.folder / "checkout").read_text().strip() == str(tmp_path / "a")
    assert stat.S_IMODE(home.stat().st_mode) == 0o755


def test_two_checkouts_have_two_places(tmp_path, home):
    first = find_place(tmp_path / "a", roots_home=home)
    assert find_place(tmp_path / "b", roots_home=home).folder != first.folder


def test_copied_checkout_gets_a_place_of_its_own(tmp_path, home):
    first = find_place(tmp_path / "a", roots_home=home)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert find_place(tmp_path / "b", roots_home=home).folder != first.folder
    assert find_place(tmp_path / "a", roots_home=home) == first


def test_moved_checkout_takes_its_place_along(tmp_path, home):
    first = find_place(tmp_path / "a", roots_home=home)
    (tmp_path / "a").rename(tmp_path / "b")
    assert find_place(tmp_path / "b", roots_home=home) == first


def test_place_of_a_removed_checkout_is_removed_at_the_next_start(tmp_path, home):
    first = find_place(tmp_path / "a", roots_home=home)
    shutil.rmtree(tmp_path / "a")
    second = find_place(tmp_path / "b", roots_home=home)
    assert not first.folder.exists()
    assert second.folder.is_dir()


def test_removed_state_folder_means_a_new_database(tmp_path, home):
    first = find_place(tmp_path / "a", roots_home=home)
    shutil.rmtree(tmp_path / "a")
    assert find_place(tmp_path / "a", roots_home=home).folder != first.folder


def test_marker_that_points_outside_is_not_followed(tmp_path, home):
    find_place(tmp_path / "a", roots_home=home)
    (tmp_path / "a" / "place").write_text("../../etc\n")
    assert find_place(tmp_path / "a", roots_home=home).folder.parent == home


def test_home_that_is_a_link_is_refused(tmp_path, home):
    (tmp_path / "elsewhere").mkdir()
    home.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ServerUnavailable, match="not a folder of root"):
        find_place(tmp_path / "a", roots_home=home)
    assert not list(Path(tmp_path / "elsewhere").iterdir())
