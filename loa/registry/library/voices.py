"""Voices an operator installs: their files kept by hash, their licence stated, who and when."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.library.models import InstalledVoice

MODEL_NAME = "model.onnx"


class VoiceFilesMissing(LookupError):
    """The folder does not hold one model and the JSON beside it."""


@dataclass(frozen=True)
class VoiceCard:
    """What the operator says of a voice."""

    title: str
    language: str
    licence: str
    region: str = ""
    gender: str = ""
    phonemiser: str = ""
    symbols_missing: str = ""


def live_voices() -> list[InstalledVoice]:
    """Return what is installed and not retired, Vietnamese first, models before servers."""
    rows = InstalledVoice.objects.filter(retired_at=None)
    return sorted(rows, key=lambda row: (not row.speaks_vietnamese, row.kind, row.title))


def live_voice(voice_id: str) -> InstalledVoice | None:
    return InstalledVoice.objects.filter(pk=voice_id, retired_at=None).first()


def all_voices() -> list[InstalledVoice]:
    """Return every voice ever installed; those retired last."""
    rows = InstalledVoice.objects.all()
    return sorted(rows, key=lambda row: (row.retired_at is not None, row.kind, row.title))


def folder_of(sha256: str) -> Path:
    """Return where the files of an installed model lie."""
    return Path(settings.LOA_VOICES) / sha256


def files_in(folder: Path) -> tuple[Path, Path]:
    """Return the model and its description; raises VoiceFilesMissing."""
    models = sorted(folder.glob("*.onnx"))
    if len(models) != 1 or not (described := Path(f"{models[0]}.json")).is_file():
        raise VoiceFilesMissing(f"{folder} must hold one NAME.onnx and its NAME.onnx.json")
    return models[0], described


def keep_files(folder: Path) -> str:
    """Copy a voice into the store of this installation and return its hash; safe to repeat."""
    files = files_in(folder)
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    sha256 = digest.hexdigest()
    kept = folder_of(sha256)
    if not kept.exists():
        partial = kept.with_name(f".{sha256}")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for path, name in zip(files, (MODEL_NAME, f"{MODEL_NAME}.json"), strict=True):
            shutil.copyfile(path, partial / name)
        os.sync()
        partial.rename(kept)
    return sha256


@transaction.atomic
def enter_voice(
    kind: str, card: VoiceCard, *, sha256: str, by: str, address: str = ""
) -> InstalledVoice:
    """Enter a voice whose test sentence was heard; the same voice again renews what is said of it."""
    name = re.sub(r"[^a-z0-9]+", "-", card.title.lower()).strip("-")[:30] or "giong"
    voice, _is_new = InstalledVoice.objects.update_or_create(
        pk=f"{kind}:{name}-{sha256[:8]}",
        defaults={
            "kind": kind,
            "title": card.title,
            "language": card.language,
            "region": card.region,
            "gender": card.gender,
            "licence": card.licence,
            "sha256": sha256,
            "address": address,
            "phonemiser": card.phonemiser,
            "symbols_missing": card.symbols_missing[:200],
            "installed_by": by,
            "installed_at": clock.now(),
            "retired_at": None,
        },
    )
    record_fact(
        "voice_installed",
        actor=by,
        subject=voice.pk,
        place="",
        body={"hash": sha256, "licence": card.licence, "kind": kind},
    )
    return voice


@transaction.atomic
def retire_voice(voice: InstalledVoice, *, by: str) -> None:
    """Use a voice no more; its files stay, bulletins that named it are read by another."""
    row = InstalledVoice.objects.select_for_update().get(pk=voice.pk)
    if row.retired_at is not None:
        return
    row.retired_at = clock.now()
    row.save(update_fields=["retired_at"])
    record_fact("voice_retired", actor=by, subject=row.pk, place="", body={"hash": row.sha256})
