"""What an installer tells a device: one JSON file, or a list of them for a fleet of light devices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,64}$")]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Positive = Annotated[float, Meta(gt=0)]
# wav: each order into a file · null: nowhere · the others in real time by a process of their own:
# alsa:<pcm>, pulse:<sink> (PipeWire as well), record:<file>, silent.
OutputSpec = Annotated[str, Meta(pattern="^(wav|null|silent|alsa(:.+)?|pulse(:.*)?|record:.+)$")]

T = TypeVar("T")


class ConfigUnusable(ValueError):
    """The configuration cannot be read; the message says which field."""


class DeviceConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One device. Folders and files of several devices may be the same where it says so."""

    device: Name
    place: Name
    key_file: str
    root_sha256: Sha256  # of the payload of the root it begins with
    state: str
    nats_url: str = ""
    http_url: str = ""
    ca_file: str = ""  # the city's own authority, for https:// and tls:// addresses
    city: Name = "48"
    output: OutputSpec = "null"
    # 1.0 is real time; 0 is as fast as the machine can.
    rate: Annotated[float, Meta(ge=0)] = 1.0
    codecs: tuple[str, ...] = ("mp3", "opus")
    durable: bool = True
    journal: str = ""  # may be one file for many devices, or ":memory:"
    store: str = ""  # may be one folder for many devices
    reserve_mb: Annotated[int, Meta(ge=0)] = 64
    poll_seconds: Positive = 300.0
    heartbeat_seconds: Positive = 30.0
    reconnect_seconds_max: Positive = 60.0
    reboot_command: tuple[str, ...] = ()  # absent: this process starts again
    data_interface: str = ""  # the network interface of the SIM, to count what it carries

    @property
    def state_folder(self) -> Path:
        return Path(self.state)

    @property
    def journal_path(self) -> str:
        return self.journal or str(self.state_folder / "journal.db")

    @property
    def store_folder(self) -> Path:
        return Path(self.store) if self.store else self.state_folder / "media"

    @property
    def has_sound_process(self) -> bool:
        return self.output not in ("wav", "null")

    @property
    def sounded_folder(self) -> Path:
        return self.state_folder / "sounded"


def read_config(path: Path) -> DeviceConfig:
    """Read the file of one device; raises ConfigUnusable."""
    return _read(path, DeviceConfig)


def read_fleet(path: Path) -> list[DeviceConfig]:
    """Read a file that lists many devices; raises ConfigUnusable."""
    configs = _read(path, list[DeviceConfig])
    names = [config.device for config in configs]
    if len(set(names)) != len(names):
        raise ConfigUnusable(f"{path}: a device is listed twice")
    return configs


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigUnusable(f"{path}: {error}") from error
