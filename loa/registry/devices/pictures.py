"""What a device looks like where it hangs: one photograph, without what its phone wrote into it."""

from __future__ import annotations

from loa.lib.photos import NotAPhoto, Photo, content_type_of, read_photo
from loa.registry.devices.errors import PhotoUnusable
from loa.registry.devices.models import Device
from loa.registry.library import store


def take_photo(raw: bytes) -> Photo:
    """Return the photograph to keep and where it was taken; raises PhotoUnusable."""
    try:
        return read_photo(raw)
    except NotAPhoto as error:
        raise PhotoUnusable from error


def keep_photo(photo: Photo) -> str:
    """Keep a photograph and return its name, for `photo_sha256` of a device."""
    return store.write(photo.data)


def photo_of(device: Device) -> tuple[bytes, str] | None:
    """Return the bytes and content type of a device's photograph, if it has one."""
    data = store.read(device.photo_sha256) if device.photo_sha256 else None
    return (data, content_type_of(data)) if data is not None else None
