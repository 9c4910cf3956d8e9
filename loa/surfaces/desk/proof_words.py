"""The proof in words: what each link is, what each check verified, what a failed one means."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loa.flow.evaluation.checks import Check
from loa.surfaces.desk.reason_words import REASONS, reason_words

LINKS: dict[str, Promise] = {
    "roster": gettext_lazy("Danh bạ khóa"),
    "source": gettext_lazy("Văn bản gốc"),
    "bulletin": gettext_lazy("Viết"),
    "rendition": gettext_lazy("Âm thanh"),
    "submission": gettext_lazy("Gửi duyệt"),
    "approval": gettext_lazy("Duyệt"),
    "offers": gettext_lazy("Gửi tới xã, phường"),
    "placement": gettext_lazy("Xếp lịch"),
    "ledger": gettext_lazy("Sổ sự việc"),
}

# What was verified, as it is said when it holds.
CHECKS: dict[str, Promise] = {
    "roster_present": gettext_lazy("có danh bạ khóa"),
    "roster_signature": gettext_lazy("danh bạ ký bằng khóa gốc"),
    "source_bytes": gettext_lazy("từng byte như lúc nhận"),
    "media_bytes": gettext_lazy("tệp âm thanh nguyên vẹn"),
    "edition_signature": gettext_lazy("chữ ký của người duyệt"),
    "edition_hash": gettext_lazy("mã bản duyệt khớp nội dung"),
    "edition_text": gettext_lazy("chữ viết đúng bản đã ký"),
    "edition_spoken": gettext_lazy("lời đọc đúng bản đã ký"),
    "edition_texts": gettext_lazy("chữ trên bảng, trang và tin nhắn đúng bản đã ký"),
    "edition_media": gettext_lazy("âm thanh đúng bản đã ký"),
    "two_people": gettext_lazy("người viết và người duyệt là hai người"),
    "confirmation_signature": gettext_lazy("chữ ký của người thứ hai"),
    "ledger_chain": gettext_lazy("sổ nối liền, không dòng nào bị sửa"),
    "order_signature": gettext_lazy("lệnh phát có chữ ký"),
    "receipt_signature": gettext_lazy("biên nhận do chính thiết bị ký"),
    "whole_sound": gettext_lazy("phát đủ thời lượng"),
}

# What the evidence says of a failed check, beside the reasons of the wire.
DETAILS: dict[str, Promise] = {
    "no roster": gettext_lazy("không mở được danh bạ khóa"),
    "no receipts": gettext_lazy("thiết bị chưa gửi biên nhận"),
    "a row is missing": gettext_lazy("thiếu một dòng mà thiết bị đã ký"),
    "play log altered": gettext_lazy("nhật ký phát nói điều không biên nhận nào nói"),
    "no signed document holds this order": gettext_lazy("không có văn bản ký nào chứa lệnh này"),
}

ENCODINGS = {"tcvn3": "TCVN3", "vni": "VNI", "utf-8": "UTF-8", "utf-16": "UTF-16"}


def check_words(check: Check) -> str:
    return str(CHECKS.get(check.name, check.name))


def detail_words(check: Check) -> str:
    """Return why a check failed, as far as there are words for it."""
    if check.detail in DETAILS:
        return str(DETAILS[check.detail])
    reason = check.detail.partition(":")[0]
    if reason in REASONS:
        return reason_words(reason)
    if check.name == "receipt_signature":
        return _("biên nhận lưu ở máy chủ khác với bản thiết bị đã ký")
    if check.name == "whole_sound":
        return _("lệch %(length)s so với bản đã duyệt") % {"length": check.detail}
    return check.detail
