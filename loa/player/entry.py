"""One order on a device: all it rests on, and how far it got."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from loa.player.emergency import Alarm
from loa.wire.messages import Confirmation, Edition, Media, Order, Priority
from loa.wire.policies import Resume
from loa.wire.reasons import Reason


@dataclass
class Entry:
    """One order, all it rests on, and how far it got."""

    order: Order
    edition: Edition | None = None
    confirmation: Confirmation | None = None
    media: Media | None = None
    refusal: Reason | None = None  # what it rests on does not hold
    is_recalled: bool = False
    is_media_ready: bool = False
    media_trouble: Reason | None = None
    started_at: datetime | None = None  # sounded, at least in part, before this process
    paused_at: datetime | None = None  # something higher cut it, and it may go on
    position_ms: int = 0
    has_ended: bool = False
    alarm: Alarm | None = (
        None  # it came by the lane of emergencies, perhaps by the document as well
    )
    detail: dict[str, str | int] = field(default_factory=dict)  # what its start says beside

    @property
    def name(self) -> str:
        return self.order.order

    @property
    def resume(self) -> Resume:
        return self.order.resume or Resume.DROP

    @property
    def is_emergency(self) -> bool:
        # What was approved decides, never what the order claims.
        return self.edition is not None and self.edition.priority is Priority.EMERGENCY

    @property
    def volume_percent(self) -> int | None:
        """How loud it must be, whatever the device is set to; None: as it is set."""
        if self.alarm is not None:
            return self.alarm.emergency.volume_percent
        return 100 if self.is_emergency else None
