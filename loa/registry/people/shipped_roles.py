"""The roles Loa comes with. The register holds them; a city changes them on a page.

A role that is in the register already stays as it is there. To give a new deed to roles of a city
that runs, write a migration that calls `give_deed`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_noop

from loa.registry.people.rules import Deed, Level

_LEADER = (
    Deed.READ,
    Deed.APPROVE,
    Deed.APPROVE_EMERGENCY,
    Deed.CONFIRM,
    Deed.RECALL,
    Deed.PLACE,
    Deed.SET_HOURS,
)
_EDITOR = (Deed.READ, Deed.WRITE, Deed.PLACE, Deed.RECALL)
_COMMUNE_STAFF = ("commune_editor", "service_operator", "text_converter", "village_head")
_OUTSIDERS = ("press_partner", "maintainer")


@dataclass(frozen=True)
class ShippedRole:
    """A role as it is entered: what it may do, and which roles its holder may give."""

    code: str
    name: str
    level: Level
    deeds: tuple[Deed, ...] = ()
    grants: tuple[str, ...] = field(default=())


SHIPPED = (
    ShippedRole(
        "central_account", gettext_noop("tài khoản trung ương"), Level.CENTRAL, (Deed.READ,)
    ),
    ShippedRole(
        "administrator",
        gettext_noop("quản trị hệ thống"),
        Level.CITY,
        (Deed.GRANT, Deed.READ_LEDGER, Deed.SUSPEND, Deed.EDIT_ROLES),
        (
            "central_account",
            "administrator",
            "city_manager",
            "city_leader",
            "city_editor",
            "department_contributor",
            "duty_officer",
            "inspector",
            "commune_chair",
            "commune_manager",
            *_COMMUNE_STAFF,
            *_OUTSIDERS,
        ),
    ),
    ShippedRole(
        "city_manager",
        gettext_noop("quản lý thành phố"),
        Level.CITY,
        (
            *(Deed.READ, Deed.APPROVE, Deed.CONFIRM, Deed.RECALL, Deed.PLACE, Deed.SET_HOURS),
            *(Deed.GRANT, Deed.SUSPEND),
        ),
        (
            "city_editor",
            "department_contributor",
            "duty_officer",
            "commune_chair",
            "commune_manager",
            *_COMMUNE_STAFF,
            *_OUTSIDERS,
        ),
    ),
    ShippedRole(
        "city_leader",
        gettext_noop("lãnh đạo thành phố"),
        Level.CITY,
        (*_LEADER, Deed.SUSPEND),
    ),
    ShippedRole("city_editor", gettext_noop("biên tập viên thành phố"), Level.CITY, _EDITOR),
    ShippedRole("department_contributor", gettext_noop("cộng tác viên sở, ngành"), Level.CITY, ()),
    ShippedRole(
        "duty_officer",
        gettext_noop("trực ban phòng thủ dân sự"),
        Level.CITY,
        (Deed.READ, Deed.APPROVE_EMERGENCY, Deed.CONFIRM, Deed.PLACE, Deed.RECALL),
    ),
    ShippedRole("inspector", gettext_noop("thanh tra"), Level.CITY, (Deed.READ, Deed.READ_LEDGER)),
    ShippedRole("commune_chair", gettext_noop("chủ tịch xã, phường"), Level.COMMUNE, _LEADER),
    ShippedRole(
        "commune_manager",
        gettext_noop("quản lý xã, phường"),
        Level.COMMUNE,
        (*_EDITOR, Deed.TEND_DEVICES, Deed.READ_LEDGER, Deed.GRANT, Deed.SUSPEND),
        _COMMUNE_STAFF,
    ),
    ShippedRole("commune_editor", gettext_noop("biên tập viên xã, phường"), Level.COMMUNE, _EDITOR),
    ShippedRole(
        "service_operator",
        gettext_noop("nhân viên trung tâm dịch vụ công"),
        Level.COMMUNE,
        (*_EDITOR, Deed.TEND_DEVICES),
    ),
    ShippedRole(
        "text_converter",
        gettext_noop("người chuyển văn bản sang lời nói"),
        Level.COMMUNE,
        (Deed.READ, Deed.WRITE),
    ),
    ShippedRole(
        "village_head", gettext_noop("trưởng thôn, tổ trưởng"), Level.VILLAGE, (Deed.READ,)
    ),
    ShippedRole("press_partner", gettext_noop("đối tác báo chí, truyền thông"), Level.OUTSIDE),
    ShippedRole("maintainer", gettext_noop("đơn vị bảo trì"), Level.OUTSIDE, (Deed.TEND_DEVICES,)),
)


def enter_shipped_roles(model: Any) -> None:
    """Enter the roles that are not in the register yet; `model` is Role, of now or of a migration."""
    model._default_manager.bulk_create(  # noqa: SLF001 - a migration's model has no other name for it
        [
            model(
                code=role.code,
                name=role.name,
                level=role.level.value,
                position=position,
                deeds=[deed.value for deed in role.deeds],
                grants=list(role.grants),
            )
            for position, role in enumerate(SHIPPED, start=1)
        ],
        ignore_conflicts=True,
    )


def give_deed(model: Any, deed: str, roles: Iterable[str]) -> None:
    """Give a new deed to these roles where they do not have it; for migrations."""
    for role in model._default_manager.filter(code__in=list(roles)):  # noqa: SLF001
        if deed not in role.deeds:
            role.deeds = [*role.deeds, deed]
            role.save(update_fields=["deeds"])
