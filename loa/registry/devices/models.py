from __future__ import annotations

from datetime import datetime, timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from loa.registry.people.models import Person
from loa.registry.places.models import Place

# Three heartbeats missed, then five minutes (device plane: late, offline).
LATE_AFTER = timedelta(seconds=105)
SILENT_AFTER = timedelta(minutes=5)


class Device(models.Model):
    """A loudspeaker cluster or a board, with the key it proves itself by."""

    class Kind(models.TextChoices):
        LOUDSPEAKER = "loudspeaker", _("cụm loa")
        BOARD = "board", _("bảng tin điện tử")

    code = models.CharField(_("mã thiết bị"), max_length=24, primary_key=True)
    kind = models.CharField(_("loại"), max_length=16, choices=Kind, default=Kind.LOUDSPEAKER)
    name = models.CharField(_("tên"), max_length=100)
    place = models.ForeignKey(Place, models.PROTECT, related_name="devices")
    village = models.ForeignKey(Place, models.PROTECT, null=True, related_name="+")
    # Within the country: swapped numbers are noticed.
    latitude = models.FloatField(
        _("vĩ độ"), null=True, blank=True, validators=[MinValueValidator(8), MaxValueValidator(24)]
    )
    longitude = models.FloatField(
        _("kinh độ"),
        null=True,
        blank=True,
        validators=[MinValueValidator(102), MaxValueValidator(118)],
    )
    maker = models.CharField(_("hãng"), max_length=60, blank=True)
    model = models.CharField(_("kiểu"), max_length=60, blank=True)
    horns = models.PositiveSmallIntegerField(_("số loa"), default=2)
    watts = models.PositiveSmallIntegerField(_("công suất (W)"), default=50)
    address = models.CharField(_("địa chỉ"), max_length=200, blank=True)
    pole = models.CharField(_("cột, chỗ treo"), max_length=100, blank=True)
    owner = models.CharField(_("đơn vị quản lý"), max_length=120, blank=True)
    provider = models.CharField(_("đơn vị cung cấp, bảo trì"), max_length=120, blank=True)
    funding = models.CharField(_("nguồn kinh phí"), max_length=120, blank=True)
    serial = models.CharField(_("số máy, IMEI"), max_length=60, blank=True)
    power = models.CharField(_("nguồn điện"), max_length=100, blank=True)
    power_contract = models.CharField(_("hợp đồng điện"), max_length=60, blank=True)
    sim_number = models.CharField(_("số SIM"), max_length=20, blank=True)
    sim_plan = models.CharField(_("gói dữ liệu"), max_length=60, blank=True)
    sim_month_mb = models.PositiveIntegerField(_("hạn mức tháng (MB)"), null=True, blank=True)
    installed_on = models.DateField(_("ngày lắp"), null=True, blank=True)
    warranty_until = models.DateField(_("bảo hành đến"), null=True, blank=True)
    note = models.CharField(_("ghi chú"), max_length=1000, blank=True)
    photo_sha256 = models.CharField(_("ảnh"), max_length=64, blank=True)
    # How the device is set; absent: as it came. An emergency asks neither.
    volume_percent = models.PositiveSmallIntegerField(_("âm lượng đặt (%)"), null=True)
    is_muted = models.BooleanField(_("tắt tiếng"), null=True)
    public_hex = models.CharField(_("khóa công khai"), max_length=64, unique=True)
    key_since = models.DateTimeField(_("khóa có từ"), null=True)  # absent: since it was entered
    entered_at = models.DateTimeField(_("đăng ký lúc"))
    retired_at = models.DateTimeField(_("ngừng dùng lúc"), null=True, blank=True)

    objects = ScopedManager(place="place")

    class Meta:
        verbose_name = _("thiết bị")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class FormerKey(models.Model):
    """A key that a device proved itself by until its machine was replaced; what it signed still counts."""

    device = models.ForeignKey(Device, models.PROTECT, related_name="former_keys")
    public_hex = models.CharField(_("khóa công khai"), max_length=64, unique=True)
    valid_from = models.DateTimeField(_("từ"))
    valid_until = models.DateTimeField(_("đến"))
    reason = models.CharField(_("lý do"), max_length=500)
    put_out_at = models.DateTimeField(_("đóng kết nối lúc"), null=True)

    class Meta:
        verbose_name = _("khóa cũ")
        ordering = ["-valid_until"]

    def __str__(self) -> str:
        return f"{self.device_id} {self.public_hex[:12]}"


class DeviceGroup(models.Model):
    """Devices of one place that people look after or command together; a device may be in several."""

    place = models.ForeignKey(Place, models.PROTECT, related_name="device_groups")
    name = models.CharField(_("tên nhóm"), max_length=100)
    devices = models.ManyToManyField(Device, related_name="groups")

    class Meta:
        verbose_name = _("nhóm thiết bị")
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["place", "name"], name="group_named_once")]

    def __str__(self) -> str:
        return self.name


class Newcomer(models.Model):
    """A device that announced itself and that nobody has claimed yet: a key, and what it says it is."""

    public_hex = models.CharField(_("khóa công khai"), max_length=64, primary_key=True)
    claim_code = models.CharField(_("mã nhận máy"), max_length=9, db_index=True)
    maker = models.CharField(_("hãng"), max_length=60, blank=True)
    model = models.CharField(_("kiểu"), max_length=60, blank=True)
    player = models.CharField(_("phần mềm"), max_length=40, blank=True)
    seen_at = models.DateTimeField(_("thấy lần cuối"), db_index=True)

    class Meta:
        verbose_name = _("máy mới")

    def __str__(self) -> str:
        return self.claim_code


class DeviceState(models.Model):
    """How a device was when it last spoke; one row, replaced by each heartbeat."""

    device = models.OneToOneField(Device, models.CASCADE, primary_key=True, related_name="state")
    seen_at = models.DateTimeField(_("thấy lần cuối"))
    boot = models.CharField(max_length=40)
    uptime_s = models.BigIntegerField(default=-1)
    left_boots = models.JSONField(default=dict)  # boot → the seconds it counted last
    cloned_at = models.DateTimeField(_("thấy máy trùng khóa lúc"), null=True)
    desired_seq = models.BigIntegerField(default=0)
    playing = models.CharField(_("đang phát"), max_length=40, blank=True)
    clock = models.CharField(_("đồng hồ"), max_length=8, default="good")
    volume_percent = models.PositiveSmallIntegerField(_("âm lượng (%)"), default=100)
    is_muted = models.BooleanField(_("tắt tiếng"), default=False)
    bytes_in = models.BigIntegerField(default=0)  # since its boot, as it last counted
    bytes_out = models.BigIntegerField(default=0)
    free_mb = models.PositiveIntegerField(_("trống (MB)"), default=0)
    player = models.CharField(_("phần mềm"), max_length=40, blank=True)
    roster = models.BigIntegerField(_("danh bạ đang giữ"), default=0)
    root = models.BigIntegerField(_("gốc đang giữ"), default=0)
    # Of which roster it was noted that this device does not get it.
    noted_behind = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("tình trạng")

    def __str__(self) -> str:
        return f"{self.device_id} {self.seen_at}"


class Incident(models.Model):
    """Devices of one place that fell silent together: one cause to look for."""

    place = models.ForeignKey(Place, models.PROTECT, related_name="incidents")
    opened_at = models.DateTimeField(_("bắt đầu"))
    noticed_at = models.DateTimeField(_("nhận ra lúc"))
    closed_at = models.DateTimeField(_("hết lúc"), null=True)
    taken_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(_("nhận việc lúc"), null=True)
    note = models.CharField(_("ghi chú"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("sự cố mất liên lạc")
        indexes = [
            models.Index(fields=["place"], condition=models.Q(closed_at=None), name="incident_open")
        ]

    def __str__(self) -> str:
        return f"{self.place_id} {self.opened_at}"

    @property
    def where(self) -> str:
        """The place in full: a village alone is one of many of that name."""
        if self.place.kind == Place.Kind.VILLAGE and self.place.parent is not None:
            return f"{self.place.full_name}, {self.place.parent.full_name}"
        return self.place.full_name

    @property
    def commune_code(self) -> str:
        is_village = self.place.kind == Place.Kind.VILLAGE
        return str(self.place.parent_id) if is_village else self.place_id


class IncidentDevice(models.Model):
    """One device of an outage: since when it was not heard, and when it was again."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="devices")
    device = models.ForeignKey(Device, models.PROTECT, related_name="incidents")
    since = models.DateTimeField(_("mất từ"))
    back_at = models.DateTimeField(_("có lại lúc"), null=True)

    class Meta:
        verbose_name = _("thiết bị trong sự cố")
        ordering = ["since", "device"]
        constraints = [
            models.UniqueConstraint(
                fields=["device"],
                condition=models.Q(back_at=None),
                name="missed_in_one_incident",
            )
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.since}"


class DeviceTraffic(models.Model):
    """What one device moved over the network in one month, as its heartbeats count it."""

    device = models.ForeignKey(Device, models.PROTECT, related_name="traffic", db_index=False)
    month = models.DateField(_("tháng"))  # its first day, by the city's clock
    bytes_in = models.BigIntegerField(default=0)
    bytes_out = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("dữ liệu đã dùng")
        constraints = [
            models.UniqueConstraint(fields=["device", "month"], name="traffic_month_once")
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.month:%m-%Y}"


def condition_of(seen_at: datetime | None, playing: str, now: datetime) -> str:
    """Return playing, ready, late or silent."""
    if seen_at is None or now - seen_at > SILENT_AFTER:
        return "silent"
    if now - seen_at > LATE_AFTER:
        return "late"
    return "playing" if playing else "ready"
