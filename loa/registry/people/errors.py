from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from loa.registry.people.rules import RoleFault
from loa.wire.reasons import Refused

ROLE_FAULTS = {
    RoleFault.UNREADING: _("Ai soạn, duyệt, xếp lịch hay dừng phát thì phải được xem bản tin."),
    RoleFault.WRITES_AND_APPROVES: _(
        "Một vai trò không vừa soạn vừa duyệt: người duyệt phải khác người viết."
    ),
    RoleFault.RULES_AND_SPEAKS: _(
        "Ai được sửa vai trò thì không soạn, duyệt hay xếp lịch: người đặt luật không tự dùng luật."
    ),
    RoleFault.ROLES_OUTSIDE_CITY: _("Chỉ vai trò cấp thành phố được sửa vai trò."),
    RoleFault.OUTSIDER_ANSWERS: _(
        "Vai trò trung ương và bên ngoài không duyệt, không xác nhận, không quản người."
    ),
    RoleFault.VILLAGE_ANSWERS: _(
        "Vai trò cấp thôn, tổ không duyệt, không xác nhận, không quản người."
    ),
}


class DeedRefused(Exception):
    """A deed that cannot be done; says what happened, what it means and what to do.

    `code` is for programs, `field` names the form field it belongs to, if one does.
    """

    code = "refused"
    field = ""
    message: Any = _("Không làm được việc này.")

    def __init__(self, message: Any = None, **details: Any) -> None:
        self.details = details
        if message is not None:
            self.message = message
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.message)


class MandateMissing(DeedRefused):
    code = "mandate_missing"
    message = _("Bạn chưa được giao quyền làm việc này tại địa bàn này.")


class NotYoursToGive(DeedRefused):
    code = "not_yours_to_give"
    field = "role"
    message = _("Bạn không quyết định về vai trò này tại địa bàn này. Hãy nhờ quản trị thành phố.")

    def __init__(self, role: Any, place: Any) -> None:
        super().__init__(role=str(role), place=str(place))


class NotYourPerson(DeedRefused):
    code = "not_your_person"
    message = _(
        "Người này còn làm việc ở nơi hoặc với vai trò ngoài phạm vi của bạn. "
        "Hãy nhờ quản trị thành phố."
    )


class NotYourPlace(DeedRefused):
    code = "not_your_place"
    message = _("Chỉ cấp trên của địa bàn này được đình chỉ hoặc cho phát trở lại.")


class OwnRights(DeedRefused):
    code = "own_rights"
    message = _("Không ai tự quyết định về quyền của chính mình. Hãy nhờ một người quản trị khác.")


class RoleUnknown(DeedRefused):
    code = "role_unknown"
    field = "role"
    message = _("Không có vai trò này.")


class PlaceUnclear(DeedRefused):
    code = "place_unclear"
    field = "place"


class LevelWrong(DeedRefused):
    """`details`: the role, its level and the place, in words."""

    code = "level_wrong"
    field = "place"

    def __init__(self, role: Any, place: Any) -> None:
        super().__init__(role=str(role), level=str(role.get_level_display()), place=str(place))

    def __str__(self) -> str:
        words = _("Vai trò “%(role)s” thuộc cấp %(level)s, không giao được ở %(place)s.")
        return str(words) % self.details


class DecisionMissing(DeedRefused):
    code = "decision_missing"
    field = "decision_number"
    message = _("Hãy ghi số quyết định giao việc, ví dụ 12/QĐ-UBND.")


class DatesWrong(DeedRefused):
    code = "dates_wrong"
    field = "valid_until"
    message = _("Ngày hết hạn phải sau ngày bắt đầu và chưa qua.")


class MandateOver(DeedRefused):
    code = "mandate_over"
    message = _("Ủy nhiệm này đã kết thúc. Hãy giao việc mới bằng một quyết định mới.")


class NameMissing(DeedRefused):
    code = "name_missing"
    field = "full_name"
    message = _("Hãy ghi họ và tên đầy đủ.")


class PhoneWrong(DeedRefused):
    code = "phone_wrong"
    field = "phone"
    message = _("Số điện thoại gồm 8 đến 15 chữ số, có thể bắt đầu bằng dấu +.")


class EmailWrong(DeedRefused):
    code = "email_wrong"
    field = "email"
    message = _("Địa chỉ thư điện tử không đúng, ví dụ đúng: mai@haichau.danang.gov.vn.")


class UsernameTaken(DeedRefused):
    code = "username_taken"
    field = "username"
    message = _("Tên đăng nhập này đã có người dùng. Hãy chọn tên khác.")


class UsernameWrong(DeedRefused):
    code = "username_wrong"
    field = "username"
    message = _("Tên đăng nhập gồm 2 đến 40 chữ thường không dấu, chữ số, dấu gạch ngang.")


class ReasonNeeded(DeedRefused):
    code = "reason_needed"
    field = "reason"
    message = _("Hãy ghi vì sao, một dòng.")


class UntilPast(DeedRefused):
    code = "until_past"
    field = "until"
    message = _("Ngày kết thúc đình chỉ phải ở sau hôm nay.")


class AgencyNameMissing(DeedRefused):
    code = "agency_name_missing"
    field = "name"
    message = _("Hãy ghi tên cơ quan.")


class RoleRefused(DeedRefused):
    """`details`: every fault of the role, by its name."""

    code = "role_refused"
    field = "deeds"

    def __init__(self, faults: Any) -> None:
        self.faults = list(faults)
        super().__init__(faults=[str(fault) for fault in self.faults])

    def __str__(self) -> str:
        return " ".join(str(ROLE_FAULTS[fault]) for fault in self.faults)


class RoleAnswered(DeedRefused):
    code = "role_answered"
    field = "deeds"
    message = _(
        "Đã có người giữ vai trò này để duyệt. Rút quyền duyệt khỏi vai trò sẽ làm mất giá trị "
        "những gì họ đã duyệt. Hãy lập vai trò mới, rồi kết thúc ủy nhiệm cũ của từng người."
    )


class RoleHeldElsewhere(DeedRefused):
    code = "role_held_elsewhere"
    field = "level"
    message = _("Vai trò này đang có người giữ ở cấp cũ, nên không đổi cấp được.")


class RoleKeepsYou(DeedRefused):
    code = "role_keeps_you"
    field = "deeds"
    message = _("Bạn đang giữ quyền sửa vai trò nhờ vai trò này, nên không tự rút được.")


class RoleNameMissing(DeedRefused):
    code = "role_name_missing"
    field = "name"
    message = _("Hãy đặt tên cho vai trò.")


class RoleNameTaken(DeedRefused):
    code = "role_name_taken"
    field = "name"
    message = _("Đã có vai trò mang tên này.")


class GrantsUnknown(DeedRefused):
    code = "grants_unknown"
    field = "grants"
    message = _("Có vai trò được chọn mà hệ thống không biết.")


class AccessLinkRefused(DeedRefused):
    code = "access_link_refused"
    message = _(
        "Đường dẫn này đã hết hạn, đã dùng hoặc không đúng. "
        "Hãy xin người quản trị nơi bạn làm việc một đường dẫn mới."
    )


class PasswordRefused(DeedRefused):
    """A password against the rules; the message says which."""

    code = "password_refused"
    field = "password"


class LastFactorKept(DeedRefused):
    code = "last_factor_kept"
    message = _(
        "Bạn có quyền duyệt nên phải giữ ít nhất một cách xác nhận. Hãy thêm cách khác trước khi bỏ cách này."
    )


class DocumentRefused(DeedRefused):
    """A signed root or roster that does not hold; the cause is the reason in the shared words."""

    code = "document_refused"
    message = _("Văn bản này chưa đủ chữ ký hoặc không nối tiếp bản đang dùng.")

    def __init__(self, refused: Refused) -> None:
        super().__init__(reason=str(refused.reason))
        self.refused = refused


class FirstRootMissing(DeedRefused):
    code = "first_root_missing"
    message = _("Thành phố chưa có gốc tin cậy. Hãy nhận văn bản gốc số 1 trước.")


class DirectorMissing(DeedRefused):
    code = "director_missing"
    message = _(
        "Danh bạ này không có khóa điều hành của máy chủ: nhận vào là mọi loa ngừng nghe lệnh."
    )


class KeyNotInRoster(DeedRefused):
    code = "key_not_in_roster"
    message = _(
        "Khóa của bạn chưa có trong danh bạ đã ký cho địa bàn này, nên loa sẽ không nhận. "
        "Danh bạ mới đang chờ những người giữ khóa gốc ký."
    )


class PasskeyRefused(DeedRefused):
    code = "passkey_refused"
    message = _(
        "Chưa nhận được khóa này. Hãy thử lại; máy phải hỏi mã PIN, vân tay hoặc khuôn mặt."
    )
