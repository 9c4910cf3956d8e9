"""Every kind of fact, and every fault of the chain, in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KINDS: dict[str, Promise] = {
    "city_loaded": _("Nhập danh mục địa bàn"),
    "person_entered": _("Nhập người"),
    "mandate_granted": _("Giao việc"),
    "mandate_ended": _("Thôi giao việc"),
    "mandate_extended": _("Đổi hạn giao việc"),
    "person_suspended": _("Đình chỉ người"),
    "place_suspended": _("Đình chỉ quyền phát của địa bàn"),
    "suspension_lifted": _("Gỡ đình chỉ"),
    "role_added": _("Lập vai trò mới"),
    "role_changed": _("Sửa vai trò"),
    "roster_issued": _("Ký danh bạ khóa"),
    "roster_drafted": _("Soạn danh bạ khóa chờ ký"),
    "root_taken": _("Nhận gốc tin cậy"),
    "key_revoked": _("Thu hồi khóa duyệt"),
    "key_replaced": _("Đổi khóa duyệt"),
    "director_changed": _("Đổi khóa điều hành"),
    "device_behind": _("Máy không nhận danh bạ khóa mới"),
    "device_entered": _("Đăng ký thiết bị"),
    "device_claimed": _("Nhận máy mới"),
    "device_cloned": _("Hai máy dùng chung một khóa"),
    "device_retired": _("Ngừng dùng thiết bị"),
    "device_edited": _("Sửa sổ thiết bị"),
    "device_commanded": _("Ra lệnh cho thiết bị"),
    "readiness_alarmed": _("Báo động: cụm loa chưa sẵn sàng trước giờ phát"),
    "outage_begun": _("Mất liên lạc cả nhóm thiết bị"),
    "outage_over": _("Hết mất liên lạc"),
    "outage_taken_on": _("Nhận xử lý sự cố"),
    "device_replaced": _("Thay máy"),
    "device_group_saved": _("Lập nhóm thiết bị"),
    "device_group_dissolved": _("Giải tán nhóm thiết bị"),
    "reading_added": _("Thêm cách đọc"),
    "source_taken": _("Nhận văn bản"),
    "bulletin_written": _("Viết bản tin"),
    "bulletin_edited": _("Sửa bản tin"),
    "channel_texts_written": _("Viết chữ cho từng kênh"),
    "bulletin_submitted": _("Gửi duyệt"),
    "submission_withdrawn": _("Rút lại bản gửi duyệt"),
    "bulletin_returned": _("Trả lại bản tin"),
    "edition_answered_first": _("Duyệt, chờ người thứ hai"),
    "edition_approved": _("Duyệt"),
    "passkey_registered": _("Đăng ký khóa riêng"),
    "passkey_ended": _("Ngừng dùng khóa riêng"),
    "passkeys_demanded": _("Đòi khóa riêng của người duyệt"),
    "edition_placed": _("Xếp lịch"),
    "placement_confirmed": _("Người thứ hai xác nhận"),
    "placement_recalled": _("Dừng phát"),
    "edition_offered": _("Gửi tin tới hộp tin các xã, phường"),
    "answer_deadline_moved": _("Đổi hạn trả lời tin của thành phố"),
    "edition_adopted": _("Địa phương nhận tin của thành phố"),
    "offer_declined": _("Địa phương từ chối tin của thành phố"),
    "city_items_agreed": _("Thỏa thuận nhận mọi tin thường của thành phố"),
    "city_items_agreement_ended": _("Kết thúc thỏa thuận nhận tin"),
    "rule_saved": _("Lưu lịch lặp"),
    "rule_ended": _("Kết thúc lịch lặp"),
    "occurrence_overridden": _("Đổi một lượt của lịch lặp"),
    "standing_proposed": _("Đề nghị nội dung thường trực"),
    "standing_approved": _("Duyệt nội dung thường trực"),
    "standing_ended": _("Kết thúc nội dung thường trực"),
    "hours_set": _("Đặt giờ yên tĩnh và hạn mức"),
    "daypart_named": _("Đặt khung giờ"),
    "order_dispatched": _("Giao lệnh phát"),
    "emergency_said": _("Phát lệnh qua luồng khẩn cấp"),
    "dispatch_refused": _("Không giao lệnh phát"),
    "refusals_alarmed": _("Báo động: nhiều tin bị từ chối"),
}

FAULTS: dict[str, Promise] = {
    "altered": _("bị sửa"),
    "missing": _("bị mất"),
    "reordered": _("bị đổi chỗ"),
    "cut": _("bị cắt khỏi cuối sổ"),
}


def kind_words(kind: str) -> str:
    return str(KINDS.get(kind, kind))
