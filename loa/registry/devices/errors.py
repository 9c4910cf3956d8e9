from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from loa.registry.people.errors import DeedRefused


class NobodyByThatCode(DeedRefused):
    code = "nobody_by_that_code"
    field = "claim_code"
    message = _(
        "Không có thiết bị nào đang chờ với mã này. Hãy xem lại mã trên máy, và máy đã có mạng chưa."
    )


class WhyMissing(DeedRefused):
    code = "reason_missing"
    field = "reason"
    message = _("Hãy ghi lý do.")
