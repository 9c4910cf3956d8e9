"""Signing what goes round, on a machine of the officer's own: no network, no database."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from loa.project.keys.changes import roles_of
from loa.project.keys.files import Errand, FileUnusable, Item
from loa.wire import canonical, envelope, roots
from loa.wire.keys import SigningKey


def signed(errand: Errand, key: SigningKey) -> Errand:
    """Return the errand with this officer's signature under each document that asks for it.

    Raises FileUnusable when nothing in it asks for this key, or when it signed already.
    """
    asked = [item for item in errand.items if _asks_for(item, key)]
    if not asked:
        raise FileUnusable(f"Không văn bản nào ở đây cần chữ ký của khóa {key.key_id}.")
    if all(key.key_id in signers_of(item) for item in asked):
        raise FileUnusable(f"Khóa {key.key_id} đã ký rồi. Cần người khác ký tiếp.")
    return Errand(items=tuple(_with(item, key) if item in asked else item for item in errand.items))


def _asks_for(item: Item, key: SigningKey) -> bool:
    return any(key.key_id in role.keys for _, _, role in roles_of(item))


def _with(item: Item, key: SigningKey) -> Item:
    sealed = roots.countersign(canonical.encode(item.document), key)
    signed_by_him = envelope.read(sealed, bytes_max=canonical.ROSTER_BYTES_MAX)
    return msgspec.structs.replace(item, document=signed_by_him)


def signers_of(item: Item) -> set[str]:
    """Return the keys whose signature under the document holds."""
    keys = {key.key_id: key.public for _, root, _ in roles_of(item) for key in root.keys}
    return set(envelope.signers(item.document, item.document.payload_bytes, keys))


def state_lines(errand: Errand) -> Iterator[str]:
    """Yield who has signed and how many are still needed."""
    for number, item in enumerate(errand.items, start=1):
        by = signers_of(item)
        for who, root, role in roles_of(item):
            names = [k.holder or "máy chủ" for k in root.keys if k.key_id in by & set(role.keys)]
            yield (
                f"Văn bản {number}, {who}: {len(names)} trong {role.threshold} chữ ký cần có"
                f"{' (' + ', '.join(names) + ')' if names else ''}"
            )


def is_ready(errand: Errand) -> bool:
    return all(
        len(signers_of(item) & set(role.keys)) >= role.threshold
        for item in errand.items
        for _, _, role in roles_of(item)
    )
