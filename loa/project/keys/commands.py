"""`loa keys`: make keys, say who signs, sign, take in, end."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from loa.project.keys import files, signing
from loa.project.keys.changes import lines_of
from loa.project.keys.files import FileUnusable
from loa.project.start import start_django

if TYPE_CHECKING:
    from loa.registry.people.models import Person

keys_app = typer.Typer(
    help="The keys of the city: who may say who may speak. The page for clerks is docs/use/le-trao-khoa.md.",
    no_args_is_help=True,
)
Out = Annotated[Path | None, typer.Option("--out", help="Where to write the roster to sign.")]
Place = Annotated[str, typer.Option(help="Code of the place, such as 20242.")]
Decision = Annotated[str, typer.Option(help="Number of the decision.")]


def _say(*lines: str) -> None:
    for line in lines:
        typer.echo(line)


def _refuse(error: object) -> typer.Exit:
    typer.echo(str(error), err=True)
    return typer.Exit(1)


@keys_app.command()
def create(
    file: Annotated[Path, typer.Argument(help="The key file to make, on the officer's own stick.")],
    holder: Annotated[str, typer.Option(help="Name and office of who holds it.")],
) -> None:
    """Make an officer's key, closed by a passphrase; needs no network."""
    passphrase = typer.prompt(
        "Mật khẩu của khóa", hide_input=True, confirmation_prompt="Gõ lại mật khẩu"
    )
    try:
        card = files.create_key(file, holder, passphrase)
    except FileUnusable as error:
        raise _refuse(error) from None
    _say(
        f"Khóa riêng: {file} (giữ kín, không sao chép lên máy chủ)",
        f"Thẻ khóa:   {files.card_path(file)} (đưa cho văn thư)",
        f"Mã khóa:    {card.key_id}",
    )


@keys_app.command()
def sign(
    file: Annotated[Path, typer.Argument(help="What is to be signed.")],
    key: Annotated[Path, typer.Option("--key", help="The officer's key file.")],
) -> None:
    """Show what would change, ask, and add this officer's signature; needs no network."""
    try:
        errand = files.read_errand(file)
        _say(*(line for item in errand.items for line in lines_of(item)), "")
        _say(*signing.state_lines(errand), "")
        if not typer.confirm("Ký đúng những thay đổi trên đây?"):
            _say("Chưa ký gì.")
            raise typer.Exit(3)
        private = files.open_key(key, typer.prompt("Mật khẩu của khóa", hide_input=True))
        errand = signing.signed(errand, private)
        files.write(file, errand)
    except FileUnusable as error:
        raise _refuse(error) from None
    _say("Đã ký.", *signing.state_lines(errand), _next_step(errand, file))


def _next_step(errand: files.Errand, file: Path) -> str:
    if signing.is_ready(errand):
        return f"Đủ chữ ký. Trên máy chủ: loa keys take {file.name}"
    return "Chưa đủ chữ ký: đưa tệp cho người giữ khóa tiếp theo."


@keys_app.command()
def root(
    out: Annotated[Path, typer.Argument(help="Where to write what is to be signed.")],
    officer: Annotated[
        list[Path] | None, typer.Option("--officer", help="Card of a new officer; again for each.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", help="Key id that is left out, such as a lost one."),
    ] = None,
    threshold: Annotated[int, typer.Option(help="How many must sign.")] = 2,
) -> None:
    """Write the first or next root: who signs from now on. It takes effect once signed and taken."""
    desk = _desk()
    try:
        officers = [files.officer_of(path) for path in officer or []]
        errand = desk.root_errand(officers, threshold, without=without or [])
        files.write(out, errand)
        _say(*(line for item in errand.items for line in lines_of(item)))
    except FileUnusable as error:
        raise _refuse(error) from None
    _say("", f"Đã soạn {out}. Từng người giữ khóa: loa keys sign {out.name} --key …")


@keys_app.command()
def roster(
    out: Annotated[Path, typer.Argument(help="Where to write what is to be signed.")],
) -> None:
    """Write the roster that waits for signatures."""
    _write_roster(out)


def _write_roster(out: Path | None) -> None:
    errand = _desk().roster_errand()
    if errand is None:
        _say("Không có danh bạ nào chờ ký.")
        return
    if out is None:
        _say("Danh bạ mới chờ ký: loa keys roster TỆP")
        return
    try:
        files.write(out, errand)
    except FileUnusable as error:
        raise _refuse(error) from None
    _say(f"Đã soạn {out}. Từng người giữ khóa: loa keys sign {out.name} --key …")


@keys_app.command()
def take(file: Annotated[Path, typer.Argument(help="What the officers signed.")]) -> None:
    """Take in what enough officers signed; devices follow by themselves."""
    from loa.registry.people.errors import DeedRefused

    desk = _desk()
    try:
        _say(*desk.take(files.read_errand(file)))
    except (FileUnusable, DeedRefused) as error:
        raise _refuse(error) from None


@keys_app.command()
def status() -> None:
    """Say where the root lies, what waits for signatures, and which devices stay behind."""
    _say(*_desk().status_lines())


@keys_app.command()
def grant(
    person: Annotated[str, typer.Argument(help="User name of somebody who is entered.")],
    role: Annotated[str, typer.Option(help="Such as commune_chair or city_leader.")],
    place: Place,
    decision: Decision,
    out: Out = None,
) -> None:
    """Give a person a role at a place, and a key if the role approves."""
    _desk()
    from loa.lib import clock
    from loa.registry.people.actions import grant_mandate
    from loa.registry.people.errors import DeedRefused
    from loa.registry.people.roles import role_names
    from loa.registry.places.queries import place_by_code

    who = _person(person)
    if role not in role_names():
        raise _refuse(f"Không có vai trò {role}. Có: {', '.join(role_names())}.")
    try:
        where = place_by_code(place)
    except LookupError:
        raise _refuse(f"Không có địa bàn {place}.") from None
    try:
        grant_mandate(who, role, where, decision_number=decision, valid_from=clock.now())
    except DeedRefused as refused:
        raise _refuse(refused) from None
    _say(f"Đã giao {role} tại {where} cho {who}.")
    _write_roster(out)


@keys_app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="Id of an approver's key, 16 digits.")],
    out: Out = None,
) -> None:
    """End an approver's key now, and leave it out of the next roster."""
    _desk()
    from loa.registry.people.actions import revoke_key
    from loa.registry.people.models import ApprovalKey

    found = ApprovalKey.objects.filter(pk=key).first()
    if found is None:
        raise _refuse(f"Không có khóa duyệt {key}. Người giữ khóa gốc: loa keys root --without.")
    revoke_key(found)
    _say(f"Đã kết thúc khóa {key} của {found.person}. Loa thôi tin khóa này khi nhận danh bạ mới.")
    _write_roster(out)


@keys_app.command()
def rotate(
    whose: Annotated[str, typer.Argument(help="`director`, or the user name of an approver.")],
    out: Out = None,
) -> None:
    """Give the server's director, or an approver, a new key."""
    _desk()
    from loa.registry.people import keyring
    from loa.registry.people.actions import replace_key

    if whose == "director":
        made = keyring.make_next_director_key()
        _say(f"Khóa điều hành mới {made.key_id} ra lệnh từ khi danh bạ mới được ký và nhận.")
    else:
        _say(f"Khóa mới của {whose}: {replace_key(_person(whose)).key_id}")
    _write_roster(out)


@keys_app.command()
def demand(
    place: Annotated[str, typer.Argument(help="Code of the place, such as 20242.")],
    what: Annotated[str, typer.Argument(help="`emergency`, `all`, or `none` for no demand.")],
    decision: Decision,
    out: Out = None,
) -> None:
    """Let the horns of a place and below believe approvers' own passkeys only."""
    _desk()
    from loa.registry.people.passkeys import demand_passkeys
    from loa.registry.places.queries import place_by_code

    if what not in {"emergency", "all", "none"}:
        raise _refuse(f"Không hiểu {what}. Có: emergency, all, none.")
    try:
        where = place_by_code(place)
    except LookupError:
        raise _refuse(f"Không có địa bàn {place}.") from None
    demand_passkeys(where, "" if what == "none" else what, decision_number=decision)
    _say(f"Đã ghi: khóa riêng tại {where}: {what}. Loa theo khi nhận danh bạ mới.")
    _write_roster(out)


def _person(username: str) -> Person:
    from loa.registry.people.models import Person

    try:
        return Person.objects.get(username=username)
    except Person.DoesNotExist:
        raise _refuse(f"Không có người dùng {username}.") from None


def _desk() -> ModuleType:
    start_django()
    from loa.project.keys import desk

    return desk
