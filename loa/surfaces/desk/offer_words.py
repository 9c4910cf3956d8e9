"""Where an item of the city stands in a commune, in words and shape."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from loa.flow.newsroom.models import Priority
from loa.flow.schedules.offered import Offer
from loa.lib import clock


@dataclass(frozen=True)
class OfferShown:
    """One offer as a list shows it."""

    offer: Offer
    tone: str
    words: str
    who: str
    since: datetime
    note: str = ""


def offer_shown(offer: Offer) -> OfferShown:
    if offer.is_adopted:
        return _adopted(offer)
    if offer.is_declined:
        no = offer.decline
        return OfferShown(
            offer, "off", _("Đã từ chối"), no.declined_by.full_name, no.declined_at, no.reason
        )
    approver = offer.edition.approval.approver.full_name
    if offer.edition.priority == Priority.PRIORITY:
        words = _("Tin ưu tiên, được chen vào chương trình")
        return OfferShown(offer, "warn", words, approver, offer.offered_at)
    if offer.edition.valid_until <= clock.now():
        words = _("Hết hiệu lực, không trả lời")
        return OfferShown(offer, "off", words, approver, offer.offered_at)
    if offer.answer_until <= clock.now():
        words = _("Quá hạn, chưa trả lời")
        return OfferShown(offer, "danger", words, approver, offer.offered_at)
    return OfferShown(offer, "waiting", _("Chờ trả lời"), approver, offer.offered_at)


def _adopted(offer: Offer) -> OfferShown:
    yes = offer.adoption
    note = _("để thành phố xếp giờ") if yes.lets_city_place else ""
    words = _("Nhận theo thỏa thuận") if yes.agreement_id else _("Đã nhận")
    return OfferShown(offer, "ok", words, yes.adopted_by.full_name, yes.adopted_at, note)
