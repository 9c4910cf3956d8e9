"""The order of the house, read from the contracts that the imports obey."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class House:
    """Ranks of folders, highest first: `ranks["loa"]["flow"]`, `ranks["loa.flow"]["sources"]`."""

    ranks: dict[str, dict[str, int]]

    def may_know(self, knower: str, known: str) -> bool:
        """Say whether a module may name another: itself, or one on a lower floor or earlier."""
        for container, ranks in self.ranks.items():
            mine, other = _room(knower, container), _room(known, container)
            if mine == other or mine not in ranks or other not in ranks:
                continue
            return ranks[mine] < ranks[other]
        return True


def _room(module: str, container: str) -> str | None:
    if not module.startswith(f"{container}."):
        return None
    return module.removeprefix(f"{container}.").split(".")[0]


def read_house(text: str) -> House:
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    layered = [contract for contract in contracts if contract["type"] == "layers"]
    return House({one["containers"][0]: _ranks(one["layers"]) for one in layered})


def _ranks(layers: list[str]) -> dict[str, int]:
    return {
        name.strip(" ()"): rank for rank, layer in enumerate(layers) for name in layer.split("|")
    }


@pytest.fixture(scope="session")
def house() -> House:
    return read_house((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def code() -> dict[str, str]:
    """Every Python file of the house that is no test: path from the root → text."""
    files = [path for path in (ROOT / "loa").rglob("*.py") if "tests" not in path.parts]
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files}
