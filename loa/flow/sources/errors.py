from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from loa.lib import encodings
from loa.registry.people.errors import DeedRefused


class SourceRefused(DeedRefused):
    """The bytes cannot become a text; `code` says which fault, `details` where."""

    code = "source_refused"
    field = "file"


class EncodingUnconfirmed(DeedRefused):
    """The text is in a legacy code: a person must look at it first. `details`: detected."""

    code = "encoding_unconfirmed"
    field = "encoding"
    message = _("Văn bản dùng bảng mã cũ. Hãy xem bản đọc thử và xác nhận trước khi dùng.")


class RelayIncomplete(DeedRefused):
    code = "relay_incomplete"
    message = _("Nguồn tiếp âm cần tên đài, loại và căn cứ được phép tiếp âm.")

    @property
    def field(self) -> str:  # type: ignore[override]
        return str(self.details.get("field_name", ""))


class StreamAddressWrong(RelayIncomplete):
    code = "stream_address_wrong"
    message = _(
        "Địa chỉ luồng phải bắt đầu bằng http:// hoặc https://, và hai luồng phải khác nhau."
    )


class RelayRetireUnfounded(DeedRefused):
    code = "reason_missing"
    field = "reason"
    message = _("Hãy ghi một dòng lý do.")


MESSAGES = {
    "text_empty": _("Văn bản trống. Hãy dán hoặc chọn một văn bản có chữ."),
    "text_binary": _("Tệp này không phải văn bản. Hãy lưu thành tệp chữ (.txt) rồi chọn lại."),
    "text_too_long": _("Văn bản quá dài để đọc trên loa. Hãy rút gọn rồi gửi lại."),
    "text_half_legacy": _("Văn bản lẫn hai bảng mã. Hãy chuyển hết sang Unicode rồi gửi lại."),
    "text_undecodable": _("Không đọc được bảng mã của văn bản. Hãy lưu lại bằng Unicode (UTF-8)."),
}


def refusal_for(error: encodings.TextRefused) -> SourceRefused:
    """Turn a fault of the bytes into words for the person who sent them."""
    refused = SourceRefused(MESSAGES.get(error.code, SourceRefused.message), **error.params)
    refused.code = error.code
    return refused
