from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "loa.registry.people"
    label = "people"
    verbose_name = _("Con người")

    def ready(self) -> None:
        post_migrate.connect(enter_roles, sender=self)


def enter_roles(using: str, apps: Any = installed, **_more: Any) -> None:
    """Enter the roles that came with this version; those the city changed stay as they are."""
    from loa.registry.people.shipped_roles import enter_shipped_roles

    try:
        model = apps.get_model("people", "Role")
    except LookupError:
        return  # migrated back to before there were roles
    if using == "default":
        enter_shipped_roles(model)
