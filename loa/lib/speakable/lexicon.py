"""Written forms and how they are said: the nation's, and a site's own on top."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib import resources

from loa.lib.speakable.letters import is_vietnamese, latin, name_letter
from loa.lib.text import normalise

_PAUSES = frozenset(" ,.;:?!…")


@dataclass(frozen=True)
class Case:
    """One meaning of an abbreviation, and the words beside it that show it is meant."""

    spoken: str
    where: str
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Lexicon:
    """Readings by exact written form; case matters, and a site's reading wins."""

    readings: Mapping[str, str]
    kinds: Mapping[str, str] = field(default_factory=dict)
    issuers: Mapping[str, str] = field(default_factory=dict)
    drafters: frozenset[str] = frozenset()
    cases: Mapping[str, tuple[Case, ...]] = field(default_factory=dict)
    site: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def national(cls) -> Lexicon:
        """Return the readings that ship with the package."""
        documents = _read_table("documents.tsv")
        return cls(
            readings={written: spoken for written, spoken, *_ in _read_table("national.tsv")},
            kinds={written: spoken for written, spoken, what in documents if what == "kind"},
            issuers={written: spoken for written, spoken, what in documents if what == "issuer"},
            drafters=frozenset(written for written, _, what in documents if what == "drafter"),
            cases=_read_cases(),
        )

    def with_readings(self, readings: Mapping[str, str]) -> Lexicon:
        """Return a lexicon with a site's readings laid over these."""
        own = {normalise(written).strip(): sayable(spoken) for written, spoken in readings.items()}
        own.pop("", None)
        return replace(self, site={**self.site, **own})

    def reading(self, written: str) -> str | None:
        """Return how a written form is said, or None when nobody has told."""
        return self.site.get(written) or self.readings.get(written)

    def kind(self, code: str) -> str | None:
        """Return the kind of document a code stands for."""
        return self.kinds.get(code)

    def issuer(self, code: str) -> str | None:
        """Return who issues documents under a code."""
        return self.site.get(code) or self.issuers.get(code) or self.readings.get(code)

    @cached_property
    def phrases(self) -> re.Pattern[str]:
        """The written forms that are more than one word of letters, the longest first."""
        every = (*self.readings, *self.cases, *self.site)
        written = {form for form in every if not form.isalpha()}
        forms = "|".join(_as_pattern(form) for form in sorted(written, key=len, reverse=True))
        return re.compile(f"(?<![\\w/&-])(?:{forms})" if forms else r"(?!)")


def sayable(spoken: str) -> str:
    """Return a reading with nothing in it that a voice cannot say."""
    kept = []
    for character in normalise(spoken):
        if character in _PAUSES or is_vietnamese(character):
            kept.append(character)
        else:
            kept.append(f" {latin(character) or name_letter(character)} ")
    return " ".join("".join(kept).split())


def _as_pattern(form: str) -> str:
    ends_in_word = form[-1].isalnum()
    return re.escape(form) + (r"(?![\w&]|[-/]\w)" if ends_in_word else "")


@cache
def _read_table(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the rows of a table, short ones filled up to three fields."""
    lines = resources.files(__package__).joinpath(name).read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return tuple((*row, "", "")[: max(len(row), 3)] for row in rows)


def _read_cases() -> dict[str, tuple[Case, ...]]:
    cases: dict[str, tuple[Case, ...]] = {}
    for written, spoken, where, pattern in _read_table("ambiguous.tsv"):
        case = Case(spoken, where, re.compile(pattern))
        cases[written] = (*cases.get(written, ()), case)
    return cases


NATIONAL = Lexicon.national()
