"""A dotted path in a string is an import too: it must lead somewhere, and downwards."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from django.utils.module_loading import import_string

from loa.project import settings

DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
ALWAYS_PATHS = {"INSTALLED_APPS", "MIDDLEWARE", "ROOT_URLCONF", "FORMAT_MODULE_PATH"}


def strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from strings_in([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple):
        for one in value:
            yield from strings_in(one)


def paths_in(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (setting, path) for what must be a path and for what looks like one."""
    for name, value in values.items():
        for text in strings_in(value):
            is_known = DOTTED.fullmatch(text) and find_spec(text.partition(".")[0])
            if is_known or name in ALWAYS_PATHS:
                yield name, text


def leads_somewhere(path: str) -> bool:
    try:
        if find_spec(path):
            return True
    except (ImportError, AttributeError, ValueError):
        pass
    try:
        import_string(path)
    except ImportError:
        return False
    return True


def dead_ends(values: Mapping[str, Any]) -> list[str]:
    return [f"{name}: {path}" for name, path in paths_in(values) if not leads_somewhere(path)]


def foreign_layers(middleware: Iterable[str], house) -> list[str]:
    """Return middleware that stands on a floor which must not know what a request is."""
    ours = [path for path in middleware if path.startswith("loa.")]
    return [path for path in ours if house.may_know("loa.flow.sources", path)]


def upward_strings(code: Mapping[str, str], house) -> list[str]:
    """Return strings that name a module which their own module may not import."""
    found = []
    for path, text in code.items():
        module = path.removesuffix(".py").replace("/", ".")
        for node in ast.walk(ast.parse(text)):
            known = node.value if isinstance(node, ast.Constant) else None
            if not isinstance(known, str) or not re.fullmatch(r"loa(\.\w+)+", known):
                continue
            if not house.may_know(module, known):
                found.append(f"{path} names {known}")
    return found


def test_every_path_in_the_settings_leads_somewhere() -> None:
    values = {name: value for name, value in vars(settings).items() if name.isupper()}
    assert len(list(paths_in(values))) > 40
    assert dead_ends(values) == []


def test_a_path_that_leads_nowhere_is_found() -> None:
    wrong = {
        "INSTALLED_APPS": ["loa.flow.sources", "loa.flow.rumours"],
        "LOGGING": {"handlers": {"console": {"class": "logging.StreamHandel"}}},
        "ALLOWED_HOSTS": ["loa.danang.gov.vn", "127.0.0.1"],
        "STATIC_URL": "static/",
    }
    assert [one for one in dead_ends(wrong) if "ALLOWED" not in one] == [
        "INSTALLED_APPS: loa.flow.rumours",
        "LOGGING: logging.StreamHandel",
    ]


def test_only_surfaces_and_the_project_stand_between_a_request_and_its_answer(house) -> None:
    assert foreign_layers(settings.MIDDLEWARE, house) == []


def test_middleware_on_a_lower_floor_is_found(house) -> None:
    wrong = ["loa.registry.people.middleware.Gate", "loa.surfaces.desk.middleware.ScopeMiddleware"]
    assert foreign_layers(wrong, house) == ["loa.registry.people.middleware.Gate"]


def test_installed_apps_stand_in_the_order_of_the_floors(house) -> None:
    ours = [app for app in settings.INSTALLED_APPS if app.startswith("loa.")]
    below = [app for app in ours if not app.startswith("loa.project")]
    assert [(a, b) for i, a in enumerate(below) for b in below[i + 1 :] if later(a, b, house)] == []


def later(first: str, second: str, house) -> bool:
    """Say whether the first app may know the second and not the other way: it should come after."""
    return house.may_know(first, second) and not house.may_know(second, first)


def test_an_app_before_what_it_rests_on_is_found(house) -> None:
    assert later("loa.flow.approvals", "loa.flow.newsroom", house)
    assert not later("loa.flow.newsroom", "loa.flow.approvals", house)


def test_no_string_names_a_module_its_own_may_not_import(code, house) -> None:
    assert upward_strings(code, house) == []


def test_a_string_that_names_a_higher_floor_is_found(house) -> None:
    wrong = {
        "loa/flow/sources/jobs.py": 'import_string("loa.surfaces.desk.home")',
        "loa/project/urls.py": 'include("loa.surfaces.desk.urls")',
    }
    assert upward_strings(wrong, house) == ["loa/flow/sources/jobs.py names loa.surfaces.desk.home"]
