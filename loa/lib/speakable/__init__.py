"""Official Vietnamese turned into the words a voice says, each replacement traced.

Owns the reading of numbers, dates, document numbers, abbreviations and the like, and the
national lexicon. Never touches sound, storage or settings: text in, `Spoken` out.
"""

from loa.lib.speakable.lexicon import NATIONAL, Lexicon
from loa.lib.speakable.rules import RULES, to_speech
from loa.lib.speakable.spoken import UNKNOWN, UNKNOWN_SPELLED, Replacement, Spoken

__all__ = [
    "NATIONAL",
    "RULES",
    "UNKNOWN",
    "UNKNOWN_SPELLED",
    "Lexicon",
    "Replacement",
    "Spoken",
    "to_speech",
]
