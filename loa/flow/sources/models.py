from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from loa.registry.people.models import Person
from loa.registry.places.models import Place


class SourceItem(models.Model):
    """A text as it came in: its bytes are kept as they were, whatever is made of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    origin = models.CharField(_("từ đâu"), max_length=16, default="form")  # form, file, command
    filename = models.CharField(_("tên tệp"), max_length=200, blank=True)
    raw = models.BinaryField(_("nguyên bản"))
    sha256 = models.CharField(_("mã nội dung"), max_length=64)
    encoding = models.CharField(_("bảng mã"), max_length=24)
    text = models.TextField(_("nội dung đọc được"))
    taken_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(_("nhận lúc"))

    objects = ScopedManager(place="place")

    class Meta:
        verbose_name = _("tin nguồn")
        ordering = ["-taken_at"]

    def __str__(self) -> str:
        return self.filename or str(self.id)
