from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReformsConfig(AppConfig):
    name = "loa.registry.reforms"
    label = "reforms"
    verbose_name = _("Sắp xếp địa bàn")
