"""The rules in the order they are tried, and the walk that applies them.

Each rule claims spans; a span once claimed is closed to the rules below. So the order runs
from the most particular writing to the most general, and the last rule leaves nothing
that a voice cannot say.
"""

from __future__ import annotations

from loa.lib.speakable import (
    abbreviations,
    addresses,
    alleys,
    citations,
    codes,
    dates,
    documents,
    levels,
    markers,
    measures,
    money,
    numbers,
    ordinals,
    phones,
    positions,
    ratios,
    romans,
    signs,
    times,
)
from loa.lib.speakable.lexicon import NATIONAL, Lexicon
from loa.lib.speakable.spoken import UNKNOWN, UNKNOWN_SPELLED, Replacement, Spoken
from loa.lib.speakable.view import Claim, Finder, View, blank_out
from loa.lib.text import normalise

RULES: tuple[tuple[str, Finder], ...] = (
    ("web-address", addresses.find_addresses),  # https://…, ubnd@danang.gov.vn
    ("phrase", abbreviations.find_phrases),  # lexicon entries with signs: GD&ĐT, TP., COVID-19
    ("file-name", addresses.find_file_names),  # anh-1.jpg
    ("document-number", documents.find_document_numbers),  # 198/KH-UBND
    ("position", positions.find_positions),  # 16,5°N; 43A-123.45
    ("alley", alleys.find_alleys),  # K12/5
    ("list-marker", markers.find_markers),  # a) 1. - at the start of a line
    ("phone", phones.find_phones),  # 1022, 0905 123 456
    ("ratio", ratios.find_ratios),  # thắng 3-0; tỷ lệ 1:2.000
    ("citation", citations.find_citations),  # điểm b khoản 2
    ("roman", romans.find_romans),  # quý III, khóa XVI
    ("time", times.find_times),  # 7h30, 07:30
    ("date", dates.find_dates),  # 05/10/2026, tháng 3/2026
    ("level", levels.find_levels),  # BĐ3
    ("pipe", codes.find_pipes),  # DN300, D600mm
    ("times-sign", signs.find_times_signs),  # 3x5 m
    ("money", money.find_money),  # 1.250.000.000 đồng, 500k
    ("measure", measures.find_measures),  # 15 km/h, 35°C, 75%
    ("ordinal", ordinals.find_ordinals),  # thứ 4, tháng 4
    ("code", codes.find_codes),  # 12A1, QL1A
    ("number", numbers.find_numbers),  # everything else in digits
    ("range", signs.find_ranges),  # the dash between two quantities
    ("comparison", signs.find_comparisons),  # ≥ 18
    ("pause", signs.find_pauses),  # BĐ3 0,15 m
    ("abbreviation", abbreviations.find_abbreviations),  # UBND, and what nobody knows
    ("sign", signs.find_signs),  # slashes, brackets, dashes, emoji
)


def to_speech(text: str, *, lexicon: Lexicon = NATIONAL, spell_unknown: bool = False) -> Spoken:
    """Return the text with everything a voice cannot say replaced by words.

    An unknown string always carries its spelling as spoken words. Its rule is `unknown`,
    which asks a person for an answer, or `unknown-spelled` when the caller accepts spelling.
    """
    source = normalise(text)
    seen = source
    found: list[Replacement] = []
    for name, find in RULES:
        claims = list(find(View(source, seen, lexicon)))
        if claims:
            seen = blank_out(seen, claims)
            found += [_replacement(source, claim, name, spell_unknown) for claim in claims]
    found.sort(key=lambda one: one.start)
    return Spoken(source, tuple(found))


def _replacement(source: str, claim: Claim, name: str, spell_unknown: bool) -> Replacement:
    rule = claim.rule or name
    if rule == UNKNOWN and spell_unknown:
        rule = UNKNOWN_SPELLED
    span = source[claim.start : claim.end]
    return Replacement(claim.start, claim.end, span, claim.spoken, rule)
