"""The claim code as a picture: whoever scans it opens the desk's page with the code filled in."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

PICTURE_FILE = "claim.png"
CLAIM_PATH = "/ban/thiet-bi/nhan-may/"


def claim_address(http_url: str, claim_code: str) -> str:
    return f"{http_url.rstrip('/')}{CLAIM_PATH}?ma={quote(claim_code)}"


def show_claim(folder: Path, address: str, say: Callable[[str], None]) -> None:
    """Say the address as a QR code and leave it as a PNG for a screen or a label.

    Without the library that draws it only the address is said.
    """
    say(address)
    try:
        import segno
    except ImportError:
        return
    code = segno.make(address, error="m", micro=False)
    terminal = io.StringIO()
    code.terminal(terminal, compact=True)
    for line in terminal.getvalue().splitlines():
        say(line)
    try:
        code.save(str(folder / PICTURE_FILE), scale=8)
    except OSError as error:
        say(f"{PICTURE_FILE}: {error}")
