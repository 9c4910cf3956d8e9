"""`loa tls`: the city's own certificates for its bus and its pages."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from loa.project.certificates import Tls
from loa.project.paths import keys_folder

tls_app = typer.Typer(help="Certificates of the city's own authority.", no_args_is_help=True)
console = Console(highlight=False)


def own_tls() -> Tls:
    return Tls(keys_folder() / "tls")


@tls_app.command("make")
def make(
    names: Annotated[list[str], typer.Argument(help="Host names and addresses of this server.")],
) -> None:
    """Make the authority once, and a certificate for these names; again renews the certificate."""
    tls = own_tls()
    try:
        tls.make(names)
    except ValueError as error:
        console.print(str(error), style="red")
        raise typer.Exit(2) from None
    console.print(f"Certificate for {', '.join(tls.names())}: {tls.certificate}")
    console.print(
        f"Give devices and browsers {tls.authority}; keep {tls.folder}/ca.key to yourself."
    )
    console.print("It is shown from the next start on.")


@tls_app.command("show")
def show() -> None:
    """Say for what names there is a certificate."""
    tls = own_tls()
    if not tls.is_made:
        console.print("There is no certificate; make one with: loa tls make NAME …")
        raise typer.Exit(1)
    console.print(f"{tls.certificate}: {', '.join(tls.names())}")
