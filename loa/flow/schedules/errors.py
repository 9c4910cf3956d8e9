from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from loa.flow.schedules.recurrence_text import Fault
from loa.registry.people.errors import DeedRefused


class StartInPast(DeedRefused):
    code = "start_in_past"
    field = "start_at"
    message = _("Giờ phát đã qua. Hãy chọn giờ khác hoặc phát ngay.")


class OutsideValidity(DeedRefused):
    code = "outside_validity"
    field = "start_at"
    message = _("Giờ phát nằm ngoài thời gian hiệu lực của bản tin.")


class PlaceSuspended(DeedRefused):
    """`details`: the suspended places, in words."""

    code = "place_suspended"
    field = "places"

    def __str__(self) -> str:
        words = _(
            "%(places)s đang bị đình chỉ quyền phát, chỉ phát được bản tin khẩn cấp."
            " Hãy hỏi quản lý thành phố."
        )
        return str(words) % {"places": ", ".join(self.details["places"])}


class SourcesWrong(DeedRefused):
    code = "sources_wrong"
    field = "sources"
    message = _(
        "Tiếp âm cần một hoặc hai địa chỉ luồng bắt đầu bằng http:// hoặc https://;"
        " vòng phát nền và âm thanh dự phòng cần từ 1 đến 20 bản đã duyệt."
    )


class WindowsWrong(DeedRefused):
    code = "windows_wrong"
    field = "windows"
    message = _("Hãy cho ít nhất một khung giờ trong tuần, mỗi khung từ 1 phút đến trọn tuần.")


class ValidityWrong(DeedRefused):
    code = "validity_wrong"
    field = "valid_until"
    message = _("Ngày kết thúc phải sau ngày bắt đầu và chưa qua.")


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


class RepeatWrong(DeedRefused):
    code = "repeat_wrong"
    field = "repeat_times"
    message = _("Phát từ 1 đến 10 lần, mỗi lần cách nhau từ 1 đến 7.200 giây.")


class SamePerson(DeedRefused):
    code = "same_person"
    message = _("Người xác nhận phải khác người xếp lịch và khác người đã duyệt.")


class NothingToConfirm(DeedRefused):
    code = "nothing_to_confirm"
    message = _("Lượt phát này không cần xác nhận.")


class TooLateToConfirm(DeedRefused):
    code = "too_late_to_confirm"
    message = _("Giờ phát đã qua khi chưa có xác nhận. Hãy xếp lịch lại.")


class NotAnUpdate(DeedRefused):
    code = "not_an_update"
    message = _(
        "Chỉ tin khẩn cấp được thay cho một tin khẩn cấp còn hiệu lực, và phải tới mọi nơi tin ấy đã tới."
    )


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


class RuleUnreadable(DeedRefused):
    """`details`: the part at fault, what is wrong with it, what stood there."""

    code = "recurrence_unreadable"
    field = "recurrence"
    words = {
        Fault.TOO_LONG: _("Lịch lặp quá dài: %(part)s."),
        Fault.UNKNOWN: _("Lịch lặp có phần không hiểu được: %(part)s."),
        Fault.TWICE: _("Lịch lặp ghi hai lần: %(part)s."),
        Fault.MISSING: _("Lịch lặp thiếu %(part)s."),
        Fault.VALUE: _("Lịch lặp có giá trị sai ở %(part)s: “%(value)s”."),
        Fault.ZONE: _("Múi giờ không đúng ở %(part)s: “%(value)s”."),
        Fault.NOT_TOGETHER: _("Các phần này của lịch lặp không đi cùng nhau: %(part)s."),
        Fault.BEFORE_START: _("Lịch lặp có ngày thêm trước ngày bắt đầu: %(part)s."),
    }

    def __str__(self) -> str:
        return str(self.words[self.details["fault"]]) % self.details


class RuleEmpty(DeedRefused):
    code = "rule_empty"
    field = "recurrence"
    message = _("Lịch này không có lượt phát nào trong thời gian hiệu lực. Hãy xem lại ngày.")


class RuleOverlapsItself(DeedRefused):
    code = "rule_overlaps_itself"
    field = "recurrence"
    message = _("Lượt sau bắt đầu khi lượt trước chưa hết. Hãy đặt các lượt cách xa hơn.")


class DatesReversed(DeedRefused):
    code = "dates_reversed"
    field = "valid_until"
    message = _("Ngày kết thúc phải từ ngày bắt đầu trở đi.")


class RankUnfit(DeedRefused):
    code = "rank_unfit"
    field = "rank_class"
    message = _("Hạng phát phải đúng với mức ưu tiên đã duyệt của bản tin.")


class PolicyUnknown(DeedRefused):
    code = "policy_unknown"
    message = _("Cách phát không có trong danh sách, hoặc thời gian cho phép muộn quá dài.")


class OutsideDaypart(DeedRefused):
    code = "outside_daypart"
    field = "daypart"
    message = _("Có lượt phát nằm ngoài khung giờ đã chọn.")


class DaypartWrong(DeedRefused):
    code = "daypart_wrong"
    message = _("Khung giờ cần có tên, và giờ kết thúc phải sau giờ bắt đầu.")


class RuleEnded(DeedRefused):
    code = "rule_ended"
    message = _("Lịch lặp này đã kết thúc.")


class NotAnOccurrence(DeedRefused):
    code = "not_an_occurrence"
    field = "recurs_at"
    message = _("Lịch này không có lượt phát nào vào giờ đó.")


class ReasonMissing(DeedRefused):
    code = "reason_missing"
    field = "reason"
    message = _("Hãy ghi lý do.")


class NotAdopted(DeedRefused):
    """`details`: the communes that did not take the item."""

    code = "not_adopted"
    field = "places"

    def __str__(self) -> str:
        places = self.details["communes"]
        names = ", ".join(place.full_name for place in places[:5])
        more = _(" và %(n)s nơi khác") % {"n": len(places) - 5} if len(places) > 5 else ""
        return str(
            _(
                "Tin thường của thành phố chỉ phát ở nơi đã nhận tin và để thành phố xếp giờ,"
                " hoặc đã thỏa thuận nhận mọi tin trong khung giờ này. Chưa đồng ý: %(names)s."
                " Tin đã nằm trong hộp tin của các nơi ấy; hãy chờ trả lời hoặc bỏ chọn."
            )
        ) % {"names": f"{names}{more}"}


class AdoptedAlready(DeedRefused):
    code = "adopted_already"
    message = _("Địa phương đã nhận tin này. Muốn không phát nữa, hãy dừng lượt đã xếp.")


class NothingToAnswer(DeedRefused):
    code = "nothing_to_answer"
    message = _("Tin ưu tiên không cần nhận hay từ chối: tin được chen vào chương trình.")


class OfferOver(DeedRefused):
    code = "offer_over"
    message = _("Tin này đã hết hiệu lực, không nhận hay từ chối được nữa.")


class DeadlineOutside(DeedRefused):
    code = "deadline_outside"
    field = "answer_until"
    message = _("Hạn trả lời phải sau lúc này và trước khi tin hết hiệu lực.")


class HoursReversed(DeedRefused):
    code = "hours_reversed"
    field = "end"
    message = _("Giờ kết thúc phải sau giờ bắt đầu; hai giờ bằng nhau là cả ngày.")


class AnsweredMeanwhile(DeedRefused):
    code = "answered_meanwhile"
    message = _("Bản tin này đã được trả lời. Hãy xếp giờ ở trang của bản tin.")


class WordsNeedOwnHour(DeedRefused):
    code = "words_need_own_hour"
    field = "hour_by"
    message = _("Muốn đọc lời mở hoặc lời kết thì địa phương phải tự xếp giờ phát.")


class WordsAwaited(DeedRefused):
    """`details`: the words not approved yet."""

    code = "words_awaited"

    def __str__(self) -> str:
        return str(_("Lời “%(title)s” chưa được duyệt. Hãy gửi duyệt, rồi xếp giờ cho cả tin.")) % (
            self.details
        )
