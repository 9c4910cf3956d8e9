"""Why something was refused or did not sound: one closed list, shared by devices and the city."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A refusal a device reports and the city shows; the wording for people is the surface's."""

    OVERSIZE = "oversize"
    MALFORMED = "malformed"
    WRONG_TYPE = "wrong_type"
    FORGED = "forged"  # no valid signature by a key that may sign this
    UNKNOWN_KEY = "unknown_key"
    NO_MANDATE = "no_mandate"  # the signer may not answer for this place, class or time
    ONE_PERSON = "one_person"  # as many different people as its class demands did not answer
    NO_PASSKEY = "no_passkey"  # a place demands the signer's own passkey
    WRONG_DEVICE = "wrong_device"
    WRONG_PLACE = "wrong_place"
    ROLLED_BACK = "rolled_back"  # older than what the device already holds
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    EDITION_MISSING = "edition_missing"
    MEDIA_MISSING = "media_missing"
    MEDIA_MISMATCH = "media_mismatch"  # bytes that are not those that were approved
    MEDIA_UNREADABLE = "media_unreadable"
    NO_SPACE = "no_space"
    QUIET_HOURS = "quiet_hours"
    LATE = "late"
    RECALLED = "recalled"
    PRE_EMPTED = "pre_empted"
    INTERRUPTED = "interrupted"
    OUTPUT_FAILED = "output_failed"
    CLOCK = "clock"  # the device's clock runs behind what was signed: only an emergency sounds


class Refused(Exception):
    """Something on the wire was refused; `reason` says why in the shared words."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail
