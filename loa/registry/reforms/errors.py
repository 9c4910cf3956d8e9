from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from loa.registry.people.errors import DeedRefused


class DecisionMissing(DeedRefused):
    code = "decision_missing"
    field = "decision_number"
    message = _("Hãy ghi số quyết định.")


class DayGone(DeedRefused):
    code = "day_gone"
    field = "effective_on"
    message = _("Ngày có hiệu lực không thể là ngày đã qua.")


class NameMissing(DeedRefused):
    code = "name_missing"
    field = "name"
    message = _("Hãy ghi tên địa bàn sau sắp xếp.")


class CodeUnusable(DeedRefused):
    code = "code_unusable"
    field = "code"
    message = _("Mã đơn vị hành chính cấp xã gồm đúng năm chữ số.")


class NothingChanges(DeedRefused):
    code = "nothing_changes"
    field = "sources"
    message = _("Hãy chọn địa bàn được nhập vào, hoặc ghi tên mới.")


class SourceUnusable(DeedRefused):
    code = "source_unusable"
    field = "sources"
    message = _("Chỉ chọn xã, phường, đặc khu hay thôn đang có, và khác với địa bàn nhận.")


class TargetUnusable(DeedRefused):
    code = "target_unusable"
    field = "code"
    message = _("Mã này không phải của một xã, phường, đặc khu đang có.")


class ReformWaiting(DeedRefused):
    code = "reform_waiting"
    field = "sources"
    message = _("Một trong các địa bàn này đang chờ một đợt sắp xếp khác.")


class ReformOver(DeedRefused):
    code = "reform_over"
    message = _("Đợt sắp xếp này đã thực hiện, không rút lại được.")
