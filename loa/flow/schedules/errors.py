from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from loa.registry.people.errors import DeedRefused


class StartInPast(DeedRefused):
    code = "start_in_past"
    field = "start_at"
    message = _("Giờ phát đã qua. Hãy chọn giờ khác hoặc phát ngay.")


class OutsideValidity(DeedRefused):
    code = "outside_validity"
    field = "start_at"
    message = _("Giờ phát nằm ngoài thời gian hiệu lực của bản tin.")


class NotATarget(DeedRefused):
    code = "not_a_target"
    field = "places"
    message = _("Bản tin này không được duyệt để phát ở nơi đã chọn.")


class PlacesMissing(DeedRefused):
    code = "places_missing"
    field = "places"
    message = _("Hãy chọn ít nhất một nơi để phát.")


class Clash(DeedRefused):
    """`details`: occurrences already there."""

    code = "clash"
    field = "start_at"

    def __str__(self) -> str:
        there = "; ".join(
            f"{o.place.full_name}, {o.edition.title}" for o in self.details["occurrences"][:5]
        )
        return str(_("Trùng giờ với lượt phát đã xếp: %(there)s. Hãy chọn giờ khác.")) % {
            "there": there
        }


class SamePerson(DeedRefused):
    code = "same_person"
    message = _("Người xác nhận phải khác người xếp lịch.")


class NothingToConfirm(DeedRefused):
    code = "nothing_to_confirm"
    message = _("Lượt phát này không cần xác nhận.")


class TooLateToConfirm(DeedRefused):
    code = "too_late_to_confirm"
    message = _("Giờ phát đã qua khi chưa có xác nhận. Hãy xếp lịch lại.")


class CalledOff(DeedRefused):
    code = "called_off"
    message = _("Lượt phát này đã bị dừng. Hãy xếp lịch lại nếu vẫn cần phát.")


class HoursEmpty(DeedRefused):
    code = "hours_empty"
    field = "quiet_until"
    message = _("Giờ yên tĩnh phải có lúc bắt đầu và lúc kết thúc khác nhau.")


class LimitOutside(DeedRefused):
    code = "limit_outside"
    field = "minutes"
    message = _("Số phút mỗi ngày phải từ 1 đến 720.")
