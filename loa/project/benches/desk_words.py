"""Many different bulletins from few texts: titles and paragraphs put together anew.

The texts stand outside the project and are only measured with; without them, made-up ones serve.
"""

from __future__ import annotations

import json
import lzma
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from loa.lib.text import normalise

# Beside the project where it is developed; nowhere else.
USUAL_CORPUS = Path("../shared/data/news-2017-10k.jsonl.xz")
PARAGRAPH_WORDS_MAX = 60
_MADE_UP = (
    "mời bà con tổ dân phố đưa trẻ em đi tiêm chủng vào sáng thứ bảy tại trạm y tế phường cắt điện "
    "nước để sửa chữa đường ống trên tuyến đường ven sông thông báo lịch họp dân về giữ gìn vệ sinh "
    "môi trường phòng chống thiên tai bão lũ dịch bệnh sốt xuất huyết thu gom rác thải phân loại tại "
    "nguồn đăng ký tuyển sinh lớp một khám sức khỏe cho người cao tuổi hội nghị nông dân khuyến nông"
).split()


class Text(NamedTuple):
    """A title and a body."""

    title: str
    body: str


class Composed(NamedTuple):
    """A text and the pieces it was put together of."""

    text: Text
    title_pieces: tuple[str, ...]
    body_pieces: tuple[str, ...]


@dataclass(frozen=True)
class Corpus:
    """Halves of titles, and paragraphs, to be put together."""

    beginnings: list[str]
    ends: list[str]
    paragraphs: list[str]
    name: str

    def composed(self, count: int, *, seed: int = 1) -> Iterator[Composed]:
        """Yield so many texts; the same seed gives the same."""
        dice = random.Random(seed)  # noqa: S311 - a measurement, repeatable
        for _ in range(count):
            title = (dice.choice(self.beginnings), dice.choice(self.ends))
            body = tuple(dice.choices(self.paragraphs, k=2))
            yield Composed(Text(" ".join(title), "\n".join(body)), title, body)

    def text(self, seed: int) -> Text:
        return next(self.composed(1, seed=seed)).text


def read_corpus(path: Path | None) -> Corpus:
    """Read the texts there, or make some up when there are none."""
    file = path or USUAL_CORPUS
    if not file.exists():
        return _corpus(_made_up(), "made-up words")
    with lzma.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in islice(lines, 10_000)]
    return _corpus([Text(r["title"], f"{r['lead']}\n{r['body']}") for r in rows], file.name)


def _corpus(texts: list[Text], name: str) -> Corpus:
    halves = [_halves(text.title) for text in texts]
    paragraphs = [part for text in texts for part in _paragraphs(text.body)]
    return Corpus([a for a, _ in halves], [b for _, b in halves], paragraphs, name)


def _halves(title: str) -> tuple[str, str]:
    words = normalise(title).split()[:24]
    middle = (len(words) + 1) // 2
    return " ".join(words[:middle]), " ".join(words[middle:])


def _paragraphs(body: str) -> list[str]:
    words = normalise(body).split()[: PARAGRAPH_WORDS_MAX * 6]
    steps = range(0, len(words), PARAGRAPH_WORDS_MAX)
    return [" ".join(words[step : step + PARAGRAPH_WORDS_MAX]) for step in steps]


def _made_up() -> list[Text]:
    dice = random.Random(2)  # noqa: S311 - a measurement, repeatable
    return [
        Text(
            " ".join(dice.choices(_MADE_UP, k=10)).capitalize(),
            "\n".join(" ".join(dice.choices(_MADE_UP, k=50)) for _ in range(4)),
        )
        for _ in range(2000)
    ]
