"""The picture of the claim code leads to the desk's page; a disk that refuses it costs only the picture."""

from __future__ import annotations

import segno

from loa.player.claim_picture import PICTURE_FILE, claim_address, show_claim

ADDRESS = claim_address("https://loa.example/", "K7QF-2M9X")


def test_the_address_fills_in_the_code() -> None:
    assert ADDRESS == "https://loa.example/ban/thiet-bi/nhan-may/?ma=K7QF-2M9X"


def test_the_picture_is_said_and_kept(tmp_path) -> None:
    said: list[str] = []
    show_claim(tmp_path, ADDRESS, said.append)
    modules = len(list(segno.make(ADDRESS, error="m", micro=False).matrix))
    assert said[0] == ADDRESS
    assert len(said) > modules // 2
    picture = (tmp_path / PICTURE_FILE).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20]) == (modules + 8) * 8


def test_without_room_the_code_is_still_said(tmp_path) -> None:
    said: list[str] = []
    show_claim(tmp_path / "not there", ADDRESS, said.append)
    assert said[0] == ADDRESS
    assert said[-1].startswith(PICTURE_FILE)
