"""Notices of others that a commune's loudspeakers may carry, and what each must name: pure.

After the rule of Thừa Thiên Huế (Quyết định 29/2021/QĐ-UBND): enrolment of schools, local
recruitment that names only post, number, conditions, name and address, charity and community news.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class ThirdParty(StrEnum):
    """The kinds that are allowed."""

    ENROLMENT = "enrolment"
    RECRUITMENT = "recruitment"
    CHARITY = "charity"
    COMMUNITY = "community"


class Fact(StrEnum):
    """What a notice must say of whoever it is for."""

    NAME = "name"
    ADDRESS = "address"
    POST = "post"
    NUMBER = "number"
    CONDITIONS = "conditions"
    DEADLINE = "deadline"


FACTS_OF: dict[ThirdParty, tuple[Fact, ...]] = {
    ThirdParty.ENROLMENT: (Fact.NAME, Fact.ADDRESS, Fact.DEADLINE),
    ThirdParty.RECRUITMENT: (Fact.NAME, Fact.ADDRESS, Fact.POST, Fact.NUMBER, Fact.CONDITIONS),
    ThirdParty.CHARITY: (Fact.NAME, Fact.ADDRESS),
    ThirdParty.COMMUNITY: (Fact.NAME, Fact.ADDRESS),
}


def facts_missing(kind: ThirdParty, given: Mapping[str, str]) -> list[Fact]:
    """Return what this kind must name and does not."""
    return [fact for fact in FACTS_OF[kind] if not given.get(fact, "").strip()]
