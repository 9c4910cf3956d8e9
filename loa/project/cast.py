"""The few people and devices of the demo and of the tests; one of them is a stranger.

Names are invented. Places are real, their villages and devices are not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time

from django.contrib.auth.hashers import make_password
from django.db import transaction

from loa.flow.schedules.offers import agree_to_city_items
from loa.registry.devices.actions import enter_device
from loa.registry.devices.models import Device
from loa.registry.people.actions import enter_person, grant_mandate
from loa.registry.people.models import Person
from loa.registry.people.queries import person_by_username
from loa.registry.people.rosters import issue_roster
from loa.registry.places.actions import add_village, load_city
from loa.registry.places.queries import place_by_code

DEMO_PASSWORD = "loa-da-nang-2026"  # noqa: S105 - printed by the demo, used nowhere else
SINCE = datetime(2025, 7, 1, tzinfo=UTC)

CITY = "48"
HAI_CHAU = "20242"
HOA_VANG = "20320"
HAI_VAN = "20194"


@dataclass(frozen=True)
class Part:
    """One person and the mandate he or she holds."""

    username: str
    full_name: str
    title: str
    role: str = ""
    place: str = ""
    decision: str = ""


CAST = (
    Part(
        "lan",
        "Trần Thị Lan",
        "Biên tập viên, Trung tâm thông tin thành phố",
        "city_editor",
        CITY,
        "12/QĐ-TTTT",
    ),
    Part(
        "binh",
        "Nguyễn Văn Bình",
        "Giám đốc, Trung tâm thông tin thành phố",
        "city_leader",
        CITY,
        "13/QĐ-TTTT",
    ),
    Part(
        "yen",
        "Phan Thị Yến",
        "Phó giám đốc, Trung tâm thông tin thành phố",
        "city_leader",
        CITY,
        "14/QĐ-TTTT",
    ),
    Part(
        "mai",
        "Lê Thị Mai",
        "Công chức văn hóa, phường Hải Châu",
        "commune_editor",
        HAI_CHAU,
        "31/QĐ-UBND",
    ),
    Part(
        "hung",
        "Phạm Quốc Hùng",
        "Chủ tịch, phường Hải Châu",
        "commune_chair",
        HAI_CHAU,
        "32/QĐ-UBND",
    ),
    Part(
        "tam",
        "Đỗ Minh Tâm",
        "Công chức văn hóa, xã Hòa Vang",
        "commune_editor",
        HOA_VANG,
        "21/QĐ-UBND",
    ),
    Part("son", "Võ Hoàng Sơn", "Chủ tịch, xã Hòa Vang", "commune_chair", HOA_VANG, "22/QĐ-UBND"),
    Part("phuc", "Lê Văn Phúc", "Chủ tịch, phường Hải Vân", "commune_chair", HAI_VAN, "41/QĐ-UBND"),
    Part(
        "thuy",
        "Huỳnh Thị Thúy",
        "Trưởng thôn 1, xã Hòa Vang",
        "village_head",
        f"{HOA_VANG}-01",
        "05/QĐ-UBND",
    ),
    Part("duc", "Bùi Anh Đức", "Kỹ thuật viên bảo trì", "maintainer", CITY, "07/HĐ-BT"),
    Part("nga", "Đặng Quỳnh Nga", "Thanh tra viên", "inspector", CITY, "02/QĐ-TTr"),
    Part("an", "Ngô Thị An", "Quản trị hệ thống, Sở VHTT", "administrator", CITY, "03/QĐ-SVHTT"),
    Part(
        "hoa",
        "Trương Thị Hoa",
        "Phó trưởng phòng Văn hóa - Xã hội, phường Hải Châu",
        "commune_manager",
        HAI_CHAU,
        "33/QĐ-UBND",
    ),
    Part("la", "Hồ Văn Lạ", "Người chưa được giao việc"),
)


@dataclass(frozen=True)
class Spot:
    """Where a device of the demo stands."""

    place: str
    village: int
    name: str
    latitude: float
    longitude: float


VILLAGES = {
    HAI_CHAU: ("Tổ dân phố 1", "Tổ dân phố 2", "Tổ dân phố 3"),
    HOA_VANG: ("Thôn 1", "Thôn 2"),
    HAI_VAN: ("Tổ dân phố 1", "Tổ dân phố 2"),
}
SPOTS = (
    Spot(HAI_CHAU, 1, "Cụm loa tổ 1, đầu ngõ", 16.0771, 108.2192),
    Spot(HOA_VANG, 1, "Cụm loa thôn 1, nhà văn hóa", 15.9881, 108.0562),
    Spot(HAI_CHAU, 2, "Cụm loa tổ 2, sân chợ", 16.0748, 108.2163),
    Spot(HAI_CHAU, 2, "Cụm loa tổ 2, cổng trường", 16.0729, 108.2201),
    Spot(HAI_CHAU, 3, "Cụm loa tổ 3, công viên", 16.0790, 108.2148),
    Spot(HAI_CHAU, 3, "Cụm loa tổ 3, bờ sông", 16.0756, 108.2237),
    Spot(HOA_VANG, 1, "Cụm loa thôn 1, ngã ba", 15.9902, 108.0611),
    Spot(HOA_VANG, 2, "Cụm loa thôn 2, đình làng", 15.9844, 108.0528),
    Spot(HOA_VANG, 2, "Cụm loa thôn 2, trạm y tế", 15.9869, 108.0649),
    Spot(HAI_VAN, 1, "Cụm loa tổ 1, chân đèo", 16.1311, 107.9742),
    Spot(HAI_VAN, 1, "Cụm loa tổ 1, bến cá", 16.1336, 107.9695),
    Spot(HAI_VAN, 2, "Cụm loa tổ 2, ga tàu", 16.1289, 107.9781),
)


@transaction.atomic
def seat_cast(password: str | None = DEMO_PASSWORD) -> dict[str, Person]:
    """Enter the city, its people and their mandates; seating them again changes nothing."""
    load_city()
    for commune, names in VILLAGES.items():
        for number, name in enumerate(names, start=1):
            add_village(place_by_code(commune), number=number, name=name)
    people = {part.username: _seat(part) for part in CAST}
    if password:
        _let_in(people.values(), make_password(password))
    issue_roster()
    return people


def _let_in(people: Iterable[Person], hashed: str) -> None:
    """Give whoever has no password this one; hashed once for all, since everybody may know it."""
    for person in people:
        if not person.has_usable_password():
            person.password = hashed
            person.save(update_fields=["password"])


def _seat(part: Part) -> Person:
    person = enter_person(part.username, full_name=part.full_name, title=part.title, password=None)
    if part.role:
        grant_mandate(
            person,
            part.role,
            place_by_code(part.place),
            decision_number=part.decision,
            valid_from=SINCE,
        )
    return person


# Who answers for a commune when the city offers it something.
ANSWERING = {HAI_CHAU: "mai", HOA_VANG: "tam", HAI_VAN: "phuc"}
CHAIRS = {HAI_CHAU: "hung", HOA_VANG: "son", HAI_VAN: "phuc"}


def agree_with_city(*communes: str) -> None:
    """Let the chairs of these communes (all of the cast) take every ordinary item of the city."""
    for code in communes or CHAIRS:
        chair = person_by_username(CHAIRS[code])
        agree_to_city_items(place_by_code(code), by=chair, start=time(0), end=time(0))


def device_code(number: int) -> str:
    return f"DN-{number:04d}"


@transaction.atomic
def stand_device(number: int, public_hex: str) -> Device:
    """Enter the demo's device of this number (from 1); more than the spots share them."""
    spot = SPOTS[(number - 1) % len(SPOTS)]
    return enter_device(
        device_code(number),
        place=place_by_code(spot.place),
        public_hex=public_hex,
        village=place_by_code(f"{spot.place}-{spot.village:02d}"),
        name=spot.name if number <= len(SPOTS) else f"{spot.name} ({number})",
        latitude=spot.latitude,
        longitude=spot.longitude,
        maker="Loa",
        model="Máy phát chuẩn" if number <= 2 else "Máy phát nhẹ",
    )
