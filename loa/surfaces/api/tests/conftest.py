from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from loa.project.tests.way import seated
from loa.registry.people.models import Person
from loa.surfaces.api.sign_in import issue_token

API = "/api/v1"
HAI_CHAU, HOA_VANG = "20242", "20320"


class Program:
    """A script that works for one person, by a bearer token."""

    def __init__(self, person: Person) -> None:
        token, _ = issue_token(person)
        self.person = person
        self._client = Client(headers={"Authorization": f"Bearer {token}"})

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self.send(method, path, "" if body is None else json.dumps(body), **headers)

    def send(
        self,
        method: str,
        path: str,
        content: bytes | str,
        *,
        content_type: str = "application/json",
        **headers: str,
    ) -> Any:
        return self._client.generic(
            method, API + path, content, content_type=content_type, headers=headers
        )

    def fill_in(self, path: str, fields: dict[str, Any]) -> Any:
        """Send a form, as a page of the desk would."""
        return self._client.post(API + path, fields)

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any) -> Any:
        return self.ask("PATCH", path, body)

    def upload(self, raw: bytes, **fields: str) -> Any:
        content = base64.b64encode(raw).decode()
        return self.post("/sources", {"content": content, **fields})


@pytest.fixture
def cast(db, settings) -> dict[str, Person]:
    return seated([f"{number:02d}" * 32 for number in range(1, 4)], settings.LOA_KEYS)


@pytest.fixture
def programs(cast) -> dict[str, Program]:
    return {name: Program(person) for name, person in cast.items()}


@pytest.fixture
def mai(programs) -> Program:
    return programs["mai"]


@pytest.fixture
def unchanged(mai) -> Iterator[None]:
    """Whatever the test asks for, the database stays as it is."""
    before = picture_of_database()
    yield
    assert picture_of_database() == before


def picture_of_database() -> dict[str, str]:
    """Return what every table holds, as a hash: two pictures differ where anything changed."""
    with connection.cursor() as cursor:
        hashes = [
            f"SELECT '{table}', md5(string_agg(r::text, '|' ORDER BY r::text)) FROM {table} r"  # noqa: S608
            for table in connection.introspection.table_names(cursor)
            # How often somebody asked is no answer.
            if table != "loa_cache"
        ]
        cursor.execute(" UNION ALL ".join(hashes))
        return dict(cursor.fetchall())
