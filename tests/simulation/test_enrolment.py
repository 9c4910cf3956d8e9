"""A machine out of its box: it shows a code, is claimed, sounds, is put out of use and is silent."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.city import City
from tests.staff import Refused

pytestmark = pytest.mark.city


class Machine:
    """A player that was just unpacked."""

    def __init__(self, city: City, folder: Path) -> None:
        self.folder = folder
        self.lines: list[str] = []
        ((root,),) = city.rows("SELECT sha256 FROM people_rootissue WHERE version = 1")
        words = ["--enrol", str(folder), "--city", city.url, "--root", root, "--model", "ML-2"]
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "loa.player", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(line.strip() for line in self.process.stdout)

    def has_said(self, beginning: str) -> bool:
        return any(line.startswith(beginning) for line in self.lines)

    def said(self, beginning: str) -> str:
        return next(line for line in self.lines if line.startswith(beginning))[len(beginning) :]


def test_a_machine_out_of_its_box_is_claimed_sounds_and_is_put_out_of_use(
    city: City, tmp_path: Path
) -> None:
    machine = Machine(city, tmp_path / "machine")
    try:
        assert city.until(lambda: machine.has_said("claim code "), 60), machine.lines
        code = machine.said("claim code ")
        duc = city.person("duc")
        claim = {"claim_code": code, "name": "Chợ Hàn", "place": "20242"}
        with pytest.raises(Refused):
            city.person("mai").post("/devices", claim)
        # It announces itself a moment after it showed its code.
        claimed: list[dict[str, object]] = []

        def is_claimed() -> bool:
            try:
                claimed.append(duc.post("/devices", claim))
            except Refused as refused:
                assert refused.code == "nobody_by_that_code"
            return bool(claimed)

        assert city.until(is_claimed, 60), machine.lines
        device = str(claimed[0]["code"])
        assert city.until(lambda: machine.has_said("1 device(s) running"), 60), machine.lines

        lan, binh = city.person("lan"), city.person("binh")
        bulletin = lan.write("Máy mới", "Mời bà con nghe thử.")
        city.person("yen").confirm(lan.place(binh.approve(lan.submit(bulletin))))
        assert city.until(lambda: machine.has_said(f"{device} finished"), 120), machine.lines
        proof = city.wait_proved(bulletin)
        assert device in {horn["device"] for horn in proof["devices"]}

        duc.post(f"/devices/{device}/retirement", {"reason": "mất cắp"})
        # At once: its connection ends, and it does not come back.
        away = f"{device} the bus is away"
        assert city.until(lambda: machine.has_said(away), 30), machine.lines
        assert city.until(lambda: f"'{device}' may not enter the bus" in city.log(), 60)
    finally:
        machine.process.kill()
        machine.process.wait()
