"""The ceremony through the command line: officers take the root over, lose a key, end and change others.

A real device follows each step by what the city would hand it, and is cut off for some of them.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from loa.flow.approvals.errors import KeyNotListed
from loa.flow.deliveries.actions import dispatch_due
from loa.flow.deliveries.queries import document_for
from loa.lib import clock
from loa.player.config import DeviceConfig
from loa.player.device import Device, Taken
from loa.player.journal import Journal, JournalFile
from loa.player.outputs import NullOutput
from loa.project import cli
from loa.project.cast import HAI_CHAU, HAI_VAN
from loa.project.keys import commands, files
from loa.project.tests.way import MORNING
from loa.registry.people import keyring
from loa.registry.people.models import Mandate, RosterDraft
from loa.registry.people.queries import (
    first_root_sha256,
    live_approval_key,
    person_by_username,
    present_root,
    present_roster,
    sealed_root,
    waiting_draft,
)
from loa.registry.people.rosters import issue_roster
from loa.wire.keys import SigningKey

WORD = "mật khẩu đủ dài"


class Officers:
    """Three officers with their sticks, the clerk at the server, and what the command line says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runner = CliRunner()

    def run(self, *words: str, typed: str = "", status: int = 0) -> str:
        done = self.runner.invoke(cli.app, ["keys", *words], input=typed)
        assert done.exit_code == status, (words, done.output, done.exception)
        return done.output

    def make(self, name: str) -> str:
        self.run("create", self.key(name), "--holder", name.title(), typed=f"{WORD}\n{WORD}\n")
        return f"{self.key(name)}.card.json"

    def key(self, name: str) -> str:
        return str(self.folder / f"{name}.pem")

    def key_id(self, name: str) -> str:
        return json.loads(Path(f"{self.key(name)}.card.json").read_text())["key_id"]

    def file(self, name: str) -> str:
        return str(self.folder / name)

    def sign(self, file: str, name: str, *, typed: str = f"y\n{WORD}\n", status: int = 0) -> str:
        return self.run("sign", file, "--key", self.key(name), typed=typed, status=status)

    def take_over(self) -> None:
        """Move the root from the server to three officers, two of whom must sign."""
        cards = [self.make(name) for name in ("an", "bich", "cuong")]
        given = [word for card in cards for word in ("--officer", card)]
        self.run("root", self.file("goc-2.json"), *given, "--threshold", "2")
        for name in ("an", "bich"):
            self.sign(self.file("goc-2.json"), name)
        self.run("take", self.file("goc-2.json"))

    def sign_and_take_roster(self, *names: str) -> None:
        self.run("roster", self.file("danh-ba.json"))
        for name in names:
            self.sign(self.file("danh-ba.json"), name)
        self.run("take", self.file("danh-ba.json"))


@pytest.fixture
def officers(cast, tmp_path, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(commands, "start_django", lambda: None)
    folder = tmp_path / "sticks"
    folder.mkdir()
    with clock.at(MORNING):
        issue_roster()
        yield Officers(folder)


@pytest.fixture
def device(cast, keys, officers, tmp_path):
    return Follower(keys[0], tmp_path / "device")


class Follower:
    """DN-0001, which fetches what the city holds whenever it is asked to look."""

    def __init__(self, key: SigningKey, folder: Path) -> None:
        self.config = DeviceConfig(
            device="DN-0001",
            place=f"{HAI_CHAU}-01",
            key_file="",
            root_sha256=first_root_sha256(),
            state=str(folder),
            rate=0,
        )
        self.key = key
        self.boot()

    def boot(self) -> Device:
        file = JournalFile(self.config.journal_path, durable=False)
        journal = Journal(file, self.config.device)
        self.player = Device(self.config, self.key, journal, NullOutput(rate=0))
        return self.player

    def look(self) -> Taken:
        while (data := sealed_root(self.player.trust.wanted)) and self.player.take_root(data):
            pass
        self.player.take_roster(bytes(present_roster().envelope))
        document = document_for("DN-0001")
        return self.player.take_desired(document, is_roster_fresh=True) if document else Taken.SAME

    @property
    def holds(self) -> tuple[int, int]:
        return self.player.trust.version, self.player.roster.version if self.player.roster else 0


def test_officers_take_the_root_over_and_the_device_follows(officers, device) -> None:
    device.look()
    assert device.holds == (1, 1)
    assert "KHÓA GỐC CÒN NẰM TRÊN MÁY CHỦ" in officers.run("status")
    cards = [officers.make(name) for name in ("an", "bich", "cuong")]
    given = [word for card in cards for word in ("--officer", card)]
    said = officers.run("root", officers.file("goc.json"), *given, "--threshold", "2")
    assert "+ THÊM       An" in said
    assert "- BỎ         khóa trên máy chủ" in said

    goc = officers.file("goc.json")
    assert "Chưa có chữ ký nào" in officers.run("take", goc, status=1)
    assert "1 trong 2 chữ ký cần có (An)" in officers.sign(goc, "an")
    assert "đã ký rồi" in officers.sign(goc, "an", status=1)
    assert "Chưa đủ chữ ký" in officers.run("take", goc, status=1)
    assert present_root().version == 1
    assert "Đủ chữ ký" in officers.sign(goc, "cuong")
    assert "Đã nhận gốc tin cậy số 2" in officers.run("take", goc)
    assert "Đã nhận gốc tin cậy số 2" in officers.run("take", goc)  # again changes nothing

    assert "KHÓA GỐC CÒN" not in officers.run("status")
    device.look()
    assert device.holds == (2, 2)
    assert device.boot().trust.version == 2


def test_who_does_not_agree_signs_nothing_and_a_wrong_passphrase_opens_nothing(officers) -> None:
    cards = [officers.make(name) for name in ("an", "bich")]
    given = [word for card in cards for word in ("--officer", card)]
    goc = officers.file("goc.json")
    officers.run("root", goc, *given)
    before = Path(goc).read_bytes()
    assert "Chưa ký gì" in officers.sign(goc, "an", typed="n\n", status=3)
    assert "Sai mật khẩu" in officers.sign(goc, "an", typed="y\nkhông phải\n", status=1)
    assert Path(goc).read_bytes() == before
    key = Path(officers.key("an"))
    assert key.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED PRIVATE KEY" in key.read_bytes()


def test_the_servers_own_root_key_is_gone_once_officers_hold_the_root(
    officers, django_capture_on_commit_callbacks, settings
) -> None:
    file = settings.LOA_KEYS / "root.key"
    assert file.exists()
    with django_capture_on_commit_callbacks(execute=True):
        officers.take_over()
    assert not file.exists()


def test_after_the_loss_of_one_key_of_three_a_device_cut_off_follows_several_rotations(
    officers, device
) -> None:
    device.look()
    officers.take_over()
    lost = "cuong"
    for version, name in ((3, "dung"), (4, "giang"), (5, "hoa")):
        card = officers.make(name)
        goc = officers.file(f"goc-{version}.json")
        out = ["--without", officers.key_id(lost), "--officer", card]
        officers.run("root", goc, *out)
        for signer in ("an", "bich"):
            officers.sign(goc, signer)
        officers.run("take", goc)
        lost = name
    assert device.holds == (1, 1)
    device.look()
    assert device.holds == (5, present_roster().version)
    assert device.boot().roster.version == present_roster().version


def test_a_revoked_key_and_a_new_mandate_wait_for_the_officers(officers, device, way) -> None:
    officers.take_over()
    device.look()
    son = person_by_username("son")
    with pytest.raises(KeyNotListed):
        grant_and_approve(officers, way)
    key = live_approval_key(person_by_username("hung"))
    said = officers.run("revoke", key.key_id, "--out", officers.file("danh-ba.json"))
    assert "Đã kết thúc khóa" in said
    version = present_roster().version
    listed = {row.key_id for row in device.player.roster.keys}
    assert key.key_id in listed
    shown = officers.sign(officers.file("danh-ba.json"), "an")
    assert f"- BỎ        hung: duyệt cho {HAI_CHAU}" in shown
    officers.sign(officers.file("danh-ba.json"), "cuong")
    officers.run("take", officers.file("danh-ba.json"))
    assert present_roster().version == version + 1
    device.look()
    assert key.key_id not in {row.key_id for row in device.player.roster.keys}
    assert live_approval_key(son) is not None


def grant_and_approve(officers: Officers, way) -> None:
    officers.run(
        "grant", "la", "--role", "commune_chair", "--place", HAI_CHAU, "--decision", "9/QĐ"
    )
    way.approve(by="la")


def test_nothing_breaks_in_the_dispatcher_while_a_roster_waits(officers, way) -> None:
    officers.take_over()
    way.place()
    officers.run("grant", "la", "--role", "commune_chair", "--place", HAI_VAN, "--decision", "9/QĐ")
    draft = waiting_draft()
    assert draft is not None
    issue_roster()
    issue_roster()
    assert RosterDraft.objects.filter(version=draft.version).count() == 1
    assert dispatch_due() > 0
    assert f"Danh bạ số {draft.version} đang chờ ký" in officers.run("status")
    officers.sign_and_take_roster("bich", "cuong")
    assert waiting_draft() is None


def test_the_director_key_is_changed_and_what_it_signed_is_signed_anew(
    officers, device, way, django_capture_on_commit_callbacks
) -> None:
    way.place()
    dispatch_due()
    officers.take_over()
    assert device.look() is Taken.NEW
    old = keyring.director_key().key_id
    officers.run("rotate", "director")
    assert keyring.director_key().key_id == old
    with django_capture_on_commit_callbacks(execute=True):
        officers.sign_and_take_roster("an", "bich")
    new = keyring.director_key().key_id
    assert new != old
    from loa.flow.deliveries.actions import renew_documents

    assert renew_documents() > 0
    assert device.look() is Taken.NEW
    signer = json.loads(document_for("DN-0001"))["signatures"][0]["keyid"]
    assert signer == new
    officers.sign_and_take_roster("an", "bich")  # now without the old one
    assert {key.key_id for key in device.player.roster.keys} >= {old, new}
    device.look()
    assert old not in {key.key_id for key in device.player.roster.keys}


def test_an_approver_gets_a_new_key_and_what_the_old_one_signed_still_sounds(
    officers, device, way
) -> None:
    way.place()
    dispatch_due()
    officers.take_over()
    device.look()
    before = live_approval_key(person_by_username("hung")).key_id
    with clock.at(MORNING + timedelta(hours=1)):
        officers.run("rotate", "hung")
        officers.sign_and_take_roster("an", "cuong")
    after = live_approval_key(person_by_username("hung")).key_id
    assert after != before
    device.look()
    assert [entry.refusal for entry in device.player.entries.values()] == [None]
    assert {before, after} <= {row.key_id for row in device.player.roster.keys}


def test_what_the_register_no_longer_wants_does_not_wait(officers, way) -> None:
    officers.take_over()
    officers.run("grant", "la", "--role", "commune_chair", "--place", HAI_VAN, "--decision", "9/QĐ")
    assert "đang chờ ký" in officers.run("status")
    Mandate.objects.filter(person__username="la").delete()
    person_by_username("la").approval_keys.all().delete()
    assert "đang chờ ký" not in officers.run("status")
    assert "Không có danh bạ nào chờ ký" in officers.run("roster", officers.file("r.json"))


def test_files_that_are_none_of_the_ceremony_are_named(officers, tmp_path) -> None:
    other = tmp_path / "other.json"
    other.write_text("{}")
    assert "không phải tệp của lễ trao khóa" in officers.run("take", str(other), status=1)
    assert "Không đọc được" in officers.run("take", str(tmp_path / "none"), status=1)
    assert "Không có khóa duyệt" in officers.run("revoke", "0" * 16, status=1)
    assert "Không có người dùng" in officers.run("rotate", "ai-do", status=1)
    with pytest.raises(files.FileUnusable, match="ít nhất"):
        files.create_key(tmp_path / "k.pem", "An", "ngắn")
