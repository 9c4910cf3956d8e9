"""`loa voices`: install, list and retire voices. No voice is ever fetched from the network."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from loa.project.start import start_django

voices_app = typer.Typer(help="The voices this city has.", no_args_is_help=True)


@voices_app.command("add")
def add(  # noqa: PLR0917 - each is an option of the command
    folder: Annotated[Path, typer.Argument(help="Holds NAME.onnx and NAME.onnx.json (Piper).")],
    licence: Annotated[str, typer.Option(help="What its licence allows, in your words.")],
    title: Annotated[str, typer.Option(help="How staff will see it.")] = "",
    language: Annotated[str, typer.Option(help="vi, en…; else what its description says.")] = "",
    region: Annotated[str, typer.Option(help="Such as: miền Trung.")] = "",
    gender: Annotated[str, typer.Option(help="Such as: nữ.")] = "",
) -> None:
    """Install a neural voice from a folder, after its test sentence was heard."""
    start_django()
    from loa.project.voices.installing import VoiceRefused, install_folder
    from loa.project.wiring import VoiceFailed
    from loa.registry.library.voices import VoiceCard, VoiceFilesMissing

    card = VoiceCard(title or folder.resolve().name, language, licence, region, gender)
    try:
        voice, heard_ms = install_folder(folder, card, by=getpass.getuser())
    except (VoiceFilesMissing, VoiceFailed, VoiceRefused) as problem:
        print(f"Not installed: {problem}")
        raise typer.Exit(1) from problem
    print(f"{voice.pk}  {voice.title}, {voice.language}, test sentence {heard_ms / 1000:.1f} s")
    if voice.symbols_missing:
        print(f"It was not taught: {voice.symbols_missing}. Words with these may sound wrong.")


@voices_app.command("add-server")
def add_server(
    address: Annotated[str, typer.Argument(help="Takes POST {text, speed}, answers WAV.")],
    title: Annotated[str, typer.Option(help="How staff will see it.")],
    licence: Annotated[str, typer.Option(help="What its licence allows, in your words.")],
    language: Annotated[str, typer.Option()] = "vi",
) -> None:
    """Enter a voice that a server speaks."""
    start_django()
    from loa.project.voices.installing import VoiceRefused, install_server
    from loa.project.wiring import VoiceFailed
    from loa.registry.library.voices import VoiceCard

    card = VoiceCard(title, language, licence)
    try:
        voice, heard_ms = install_server(address, card, by=getpass.getuser())
    except (VoiceFailed, VoiceRefused) as problem:
        print(f"Not entered: {problem}")
        raise typer.Exit(1) from problem
    print(f"{voice.pk}  {voice.title}, test sentence {heard_ms / 1000:.1f} s")


@voices_app.command("list")
def show() -> None:
    """Print what is installed."""
    start_django()
    from loa.registry.library.voices import all_voices

    for voice in all_voices():
        state = "retired" if voice.retired_at else "in use"
        print(f"{voice.pk}  {voice.title}  {voice.language}  {state}  {voice.licence}")


@voices_app.command("retire")
def retire(
    voice_id: Annotated[str, typer.Argument(help="As `loa voices list` prints it.")],
) -> None:
    """Use a voice no more; another reads in its place."""
    start_django()
    from loa.registry.library.voices import live_voice, retire_voice

    voice = live_voice(voice_id)
    if voice is None:
        print("No such voice in use.")
        raise typer.Exit(1)
    retire_voice(voice, by=getpass.getuser())
    print(f"{voice.title} is used no more.")
