"""One person of the demo's cast who works with a city over HTTP."""

from __future__ import annotations

import base64
from typing import Any

import httpx

from loa.project.cast import CITY, DEMO_PASSWORD
from loa.project.supervisor.process_table import wait_until

ANSWER_SECONDS_MAX = 90.0
SOUND_SECONDS_MAX = 120.0
TROUBLE = 500


class Refused(AssertionError):
    """The city answered that this may not be done; `code` says why."""

    def __init__(self, deed: str, answer: httpx.Response) -> None:
        super().__init__(f"{deed}: {answer.status_code} {answer.text}")
        self.status = answer.status_code
        self.code = answer.json().get("code", "")


class Staff:
    """Does deeds and looks at what became of them; goes on when the server was away for a while."""

    def __init__(self, url: str, username: str) -> None:
        self.username = username
        self.tries = 0  # how often it had to ask
        self._client = httpx.Client(base_url=f"{url}/api/v1", timeout=20, trust_env=False)
        signed_in = self.post("/tokens", {"username": username, "password": DEMO_PASSWORD})
        self._client.headers["Authorization"] = f"Bearer {signed_in['token']}"

    def get(self, path: str) -> Any:
        return self._ask("GET", path, None)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._ask("POST", path, body or {})

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        """Ask until there is an answer; raises Refused."""
        answers: list[httpx.Response] = []

        def is_answered() -> bool:
            self.tries += 1
            try:
                answers.append(self._client.request(method, path, json=body))
            except httpx.TransportError:
                return False
            return answers[-1].status_code < TROUBLE

        done = wait_until(is_answered, seconds_max=ANSWER_SECONDS_MAX, every_seconds=0.1)
        assert done, f"no answer to {method} {path}: {answers[-1:]}"
        if answers[-1].is_error:
            raise Refused(f"{method} {path}", answers[-1])
        return answers[-1].json()

    # -- the main job

    def take_source(self, text: str, *, place: str = CITY, filename: str = "tin.txt") -> str:
        """Hand in a text as a file; return the source's id."""
        content = base64.b64encode(text.encode()).decode()
        taken = self.post("/sources", {"place": place, "content": content, "filename": filename})
        return taken["id"]

    def write(self, title: str, text: str = "", *, place: str = CITY, **fields: Any) -> str:
        """Begin a bulletin; return its code. `targets`, `source`, `priority`… as the API has them."""
        given = {"body": text} if text else {}
        return self.post("/bulletins", {"place": place, "title": title, **given, **fields})["code"]

    def wait_sound(self, code: str) -> dict[str, Any]:
        """Return the measured sound of a bulletin once it was made."""
        found: dict[str, Any] = {}

        def is_made() -> bool:
            found.update(self.get(f"/bulletins/{code}")["sound"] or {})
            return bool(found)

        assert wait_until(is_made, seconds_max=SOUND_SECONDS_MAX), f"{code} has no sound"
        return found

    def submit(self, code: str) -> dict[str, Any]:
        """Hand a bulletin in for approval, once its sound is made."""
        self.wait_sound(code)
        return self.post(f"/bulletins/{code}/submission")

    def approve(self, submission: dict[str, Any]) -> str:
        """Answer for what was handed in; return the hash of the edition."""
        hashed = {"content_hash": submission["content_hash"]}
        return self.post(f"/submissions/{submission['id']}/approval", hashed)["edition"]

    def place(self, edition: str, **fields: Any) -> dict[str, Any]:
        """Give an edition its time: now, unless `start_at` says otherwise."""
        return self.post(f"/editions/{edition}/placements", fields)

    def confirm(self, placement: dict[str, Any]) -> None:
        """Answer as the second person for a placement that waits, in quiet hours say."""
        if placement["waits_for"]:
            self.post(f"/placements/{placement['id']}/confirmation")
