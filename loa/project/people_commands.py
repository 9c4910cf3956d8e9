"""`loa people`: the first administrator, a way in for who lost his, and staff from a table."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loa.project.start import start_django

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loa.registry.people.models import Mandate, Person

people_app = typer.Typer(
    help="People and their rights, from the server itself. The desk's own page is /ban/nguoi/.",
    no_args_is_help=True,
)
Links = Annotated[
    Path | None,
    typer.Option("--links", help="Write user names and one-time links to this CSV (mode 600)."),
]


def _refuse(*lines: str) -> typer.Exit:
    for line in lines:
        typer.echo(line, err=True)
    return typer.Exit(1)


def _desk() -> None:
    start_django()


@people_app.command("first-administrator")
def first_administrator(
    name: Annotated[str, typer.Option(help="Full name, such as 'Ngô Thị An'.")],
    decision: Annotated[str, typer.Option(help="Number of the decision, such as 03/QĐ-SVHTT.")],
    title: Annotated[str, typer.Option(help="Title and office.")] = "",
    username: Annotated[str, typer.Option(help="Sign-in name; made of the name if empty.")] = "",
) -> None:
    """Enter the first person who may add others; refused once somebody can."""
    _desk()
    from loa.lib import clock
    from loa.registry.people.colleagues import Contact, FirstMandate, add_colleague
    from loa.registry.people.errors import DeedRefused
    from loa.registry.people.staff import keepers_of_roles
    from loa.registry.places.actions import load_city
    from loa.registry.places.queries import city

    load_city()
    if keepers := keepers_of_roles(clock.now()):
        names = ", ".join(person.full_name for person in keepers)
        raise _refuse(f"Đã có người quản trị: {names}. Họ thêm người trên trang Con người.")
    first = FirstMandate("administrator", city(), decision, valid_from=clock.now())
    try:
        mandate = add_colleague(Contact(name, title), first, by=None, username=username)
    except DeedRefused as refused:
        raise _refuse(str(refused)) from None
    _say_link(mandate.person)


@people_app.command()
def link(
    username: Annotated[str, typer.Argument(help="Sign-in name of somebody who is entered.")],
    forget_factors: Annotated[
        bool, typer.Option(help="Also forget his second factors when the link is used.")
    ] = False,
) -> None:
    """Print a one-time link with which somebody sets a new password."""
    _desk()
    person = _person(username)
    _say_link(person, forgets_factors=forget_factors)


@people_app.command("import")
def import_table(
    file: Annotated[Path, typer.Argument(help="CSV; the columns stand in docs/use.")],
    by: Annotated[
        str, typer.Option(help="Enter them with the rights of this person, not of the server.")
    ] = "",
    links: Links = None,
) -> None:
    """Enter staff from a table with a first mandate each: all rows or none."""
    _desk()
    from loa.registry.people.staff_import import TableRefused, import_staff

    giver = _person(by) if by else None
    try:
        mandates = import_staff(_table(file), by=giver)
    except TableRefused as refused:
        lines = [f"Dòng {fault.line}: {fault.words}" for fault in refused.faults]
        raise _refuse(*lines, "Chưa nhập ai. Hãy sửa các dòng trên rồi chạy lại.") from None
    typer.echo(f"Đã nhập {len(mandates)} người.")
    if links is not None:
        _write_links(links, mandates)


def _person(username: str) -> Person:
    from loa.registry.people.models import Person
    from loa.registry.people.queries import person_by_username

    try:
        return person_by_username(username)
    except Person.DoesNotExist:
        raise _refuse(f"Không có ai mang tên đăng nhập {username}.") from None


def _table(file: Path) -> str:
    from loa.lib.encodings import TextRefused, detect

    try:
        found = detect(file.read_bytes())
    except (OSError, TextRefused) as error:
        raise _refuse(f"Không đọc được {file}: {error}") from None
    if found.needs_confirmation:
        raise _refuse(f"Không chắc {file} viết bằng bảng mã nào. Hãy lưu lại dạng CSV UTF-8.")
    return found.text


def _say_link(person: Person, *, forgets_factors: bool = False) -> None:
    typer.echo(f"Tên đăng nhập: {person.username}")
    typer.echo(f"Đường dẫn vào, dùng một lần trong 48 giờ: {_link(person, forgets_factors)}")


def _link(person: Person, forgets_factors: bool = False) -> str:
    from loa.registry.people.access import issue_access_link
    from loa.surfaces.desk.admission import access_address

    return access_address(issue_access_link(person, forgets_factors=forgets_factors))


def _write_links(file: Path, mandates: Iterable[Mandate]) -> None:
    """Write a link for everybody who has no password yet, readable by the operator alone."""
    people = {one.person_id: one.person for one in mandates if not one.person.has_usable_password()}
    file.touch(mode=0o600)
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["ho_ten", "ten_dang_nhap", "duong_dan"])
        for person in people.values():
            rows.writerow([person.full_name, person.username, _link(person)])
    typer.echo(f"Đường dẫn vào của {len(people)} người: {file}")
