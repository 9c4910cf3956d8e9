"""Notices for others, in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loa.flow.newsroom.third_party import Fact

FACT_WORDS: dict[Fact, Promise] = {
    Fact.NAME: _("tên trường, đơn vị"),
    Fact.ADDRESS: _("địa chỉ"),
    Fact.POST: _("vị trí cần tuyển"),
    Fact.NUMBER: _("số lượng"),
    Fact.CONDITIONS: _("điều kiện"),
    Fact.DEADLINE: _("hạn nộp hồ sơ"),
}
