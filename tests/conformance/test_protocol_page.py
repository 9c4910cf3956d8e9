"""A reader of the protocol page alone judges every vector as it says, and sees it when one lies."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from loa.flow.receipts.actions import open_log_batch
from loa.player.store import _has_content
from loa.wire import vectors
from loa.wire.reasons import Reason, Refused

PROTOCOL = vectors.FOLDER.parent
SCRIPT = PROTOCOL / "verify_vectors.py"
# These come from a disk, an output, an operator or an earlier boot: no document has them.
OF_NO_DOCUMENT = set(
    "media_unreadable no_space recalled pre_empted interrupted output_failed clock".split()
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    # Neither the environment nor a user's folder lends it a module of ours.
    command = [sys.executable, "-E", "-s", str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def committed(name):
    return json.loads((vectors.FOLDER / name).read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(vectors.FOLDER, tmp_path / "vectors"))


def change(folder: Path, file: str, deed) -> None:
    value = json.loads((folder / file).read_text(encoding="utf-8"))
    deed(value)
    (folder / file).write_text(json.dumps(value), encoding="utf-8")


def test_reader_of_the_page_judges_every_vector_as_it_says():
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    cases = len(committed("documents.json")["cases"]) + len(committed("starts.json")["cases"])
    assert done.stdout.count("ok ") > cases > 130


def test_reader_imports_nothing_of_ours_and_nothing_rare():
    assert imported_by(SCRIPT) == {"cryptography", "emergencies", "reader"}
    assert imported_by(SCRIPT.with_name("emergencies.py")) == {"reader", "shapes"}
    assert imported_by(SCRIPT.with_name("reader.py")) == {"cryptography", "shapes"}
    assert imported_by(SCRIPT.with_name("shapes.py")) == set()


def imported_by(script: Path) -> set[str]:
    """Return what a script imports that is not Python's own."""
    imported = set()
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    return imported - set(sys.stdlib_module_names)


def good_one_called_forged(documents):
    good = next(case for case in documents["cases"] if case["expect"] == "good")
    good["expect"] = "forged"


def forged_one_called_good(documents):
    bad = next(case for case in documents["cases"] if case["expect"] == "forged")
    bad["expect"] = "good"


def sound_at_night(starts):
    next(case for case in starts["cases"] if case["name"] == "quiet")["expect"] = "may_start"


def another_sound(media):
    media["files"][0]["data_hex"] += "00"


def another_key(keys):
    keys["chair"]["public"] = keys["stranger"]["public"]


def another_hash(cases):
    cases[0]["sha256"] = "0" * 64


@pytest.mark.parametrize(
    ("file", "deed"),
    [
        ("documents.json", good_one_called_forged),
        ("documents.json", forged_one_called_good),
        ("starts.json", sound_at_night),
        ("media.json", another_sound),
        ("keys.json", another_key),
        ("canonical.json", another_hash),
    ],
)
def test_reader_sees_a_vector_that_lies(folder, file, deed):
    change(folder, file, deed)
    done = run(str(folder))
    assert done.returncode == 1
    assert [line.split()[1] for line in done.stdout.splitlines() if "PARTS" in line] == [file]


def test_reader_says_when_there_is_nothing_to_judge(tmp_path):
    done = run(str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "holds no vectors" in done.stderr


def test_every_reason_a_document_can_have_is_shown_by_a_vector():
    shown = {case["expect"] for case in committed("documents.json")["cases"]}
    shown |= {case["expect"] for case in committed("starts.json")["cases"]}
    media = committed("media.json")
    shown |= {case["expect"] for case in media["files"] + media["choices"]}
    assert {str(reason) for reason in Reason} - shown == OF_NO_DOCUMENT


def test_no_two_vectors_have_the_same_name():
    for file in ("documents.json", "starts.json"):
        names = [case["name"] for case in committed(file)["cases"]]
        assert len(names) == len(set(names))


# -- the city and the device judge what the vectors say of them


def judged_by_the_city(case):
    try:
        open_log_batch(
            case["document"].encode(), case["device"], {case["device"]: case["device_public"]}
        )
    except Refused as refusal:
        return str(refusal.reason)
    return "good"


def test_city_judges_logs_as_the_vectors_say():
    cases = [case for case in committed("documents.json")["cases"] if case["kind"] == "log"]
    assert len(cases) >= 6
    assert [judged_by_the_city(case) for case in cases] == [case["expect"] for case in cases]


@pytest.mark.parametrize("case", committed("media.json")["files"], ids=lambda case: case["name"])
def test_device_judges_media_as_the_vectors_say(case, tmp_path):
    path = tmp_path / "sound"
    path.write_bytes(bytes.fromhex(case["data_hex"]))
    is_right = _has_content(path, case["media"]["sha256"], case["media"]["bytes"])
    assert is_right is (case["expect"] == "good")
