"""The one command line: `loa up`, `loa demo`, `loa evidence`, `loa ledger`, `loa bench`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from loa.project.keys.commands import keys_app
from loa.project.people_commands import people_app
from loa.project.start import start_django
from loa.project.tls import tls_app
from loa.project.voices.commands import voices_app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loa.project.settings")

app = typer.Typer(
    help="Loa: what a person wrote and another approved is heard in every commune, with proof.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
run_app = typer.Typer(
    help="Run one process in the foreground (the supervisor does this).", hidden=True
)
ledger_app = typer.Typer(help="The hash-chained ledger of facts.", no_args_is_help=True)
bench_app = typer.Typer(help="Measure; prints JSON and a table.", no_args_is_help=True)
app.add_typer(run_app, name="run")
app.add_typer(ledger_app, name="ledger")
app.add_typer(bench_app, name="bench")
app.add_typer(keys_app, name="keys")
app.add_typer(people_app, name="people")
app.add_typer(tls_app, name="tls")
app.add_typer(voices_app, name="voices")
console = Console(highlight=False)


def start_wiring() -> None:
    """Set Django up without asking the database for anything."""
    import django

    django.setup()


@app.command()
def up(
    port: Annotated[int | None, typer.Option(help="Where the desk is served.")] = None,
    devices: Annotated[
        int,
        typer.Option(
            min=0, max=5000, help="Seat the demo's people and run so many of its loudspeakers."
        ),
    ] = 0,
    fast: Annotated[
        bool,
        typer.Option(
            "--fast",
            help="With --devices: they sound ten times faster than real time. Real horns never do.",
        ),
    ] = False,
) -> None:
    """Run the whole system until Ctrl-C: servers, web, dispatcher, receiver, worker."""
    from loa.project.running import run_up

    if fast and not devices:
        raise typer.BadParameter("only the devices of --devices can be fast.", param_hint="--fast")

    def say(name: str, text: str) -> None:
        print(f"{name:<12} {text}", flush=True)

    raise typer.Exit(run_up(port=port, devices=devices, is_fast=fast, say=say))


@app.command()
def demo(
    text: Annotated[Path | None, typer.Option(help="The text to announce.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Stop after the proof.")] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the evidence here.")
    ] = None,
    devices: Annotated[int, typer.Option(min=1, max=5000, help="How many loudspeakers.")] = 12,
    port: Annotated[int | None, typer.Option(help="Where the desk is served.")] = None,
) -> None:
    """Write, approve, sound and prove one text in a small city, then serve the desk."""
    from loa.project.demo import run_demo

    raise typer.Exit(run_demo(text, once=once, json_file=json_file, devices=devices, port=port))


@app.command()
def simulate(  # noqa: PLR0917 - each is an option of the command
    devices: Annotated[int, typer.Option(min=1, max=20_000, help="How many loudspeakers.")] = 200,
    faults: Annotated[
        str, typer.Option(help="What goes wrong, on purpose.")
    ] = "loss=5%,double=2%,reorder=5%,delay=0-300ms,cuts=0.5/min,clock=10%,storms=2",
    seconds: Annotated[float, typer.Option(min=1, help="How long it goes wrong.")] = 60.0,
    notices: Annotated[int, typer.Option(min=1, max=100, help="How many texts meanwhile.")] = 5,
    seed: Annotated[int, typer.Option(help="Which dice are thrown.")] = 1,
    again: Annotated[
        bool, typer.Option("--again", help="Only compare once more what the last run left.")
    ] = False,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    """Many real devices on bad lines and bad power; then both sides must agree."""
    from loa.lib.faults import FaultsUnreadable, read_faults
    from loa.project.benches.own_state import use_own_state

    try:
        storms = read_faults(faults).storms
    except FaultsUnreadable as error:
        raise typer.BadParameter(str(error), param_hint="--faults") from None
    use_own_state("simulate")
    from loa.project.simulation.run import Wish, run

    wish = Wish(devices, faults, seconds, notices, seed, storms)
    raise typer.Exit(run(None if again else wish, json_file=json_file))


@app.command()
def evidence(
    bulletin: Annotated[str, typer.Argument(help="Code of the bulletin, such as 48-261124-01.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show the chain from source text to each horn, verified while it is shown."""
    start_django()
    from django_scopes import scopes_disabled

    from loa.flow.evaluation import evidence as proofs
    from loa.flow.newsroom.models import Bulletin
    from loa.flow.newsroom.queries import bulletin_by_code
    from loa.project.proof_table import print_proof

    with scopes_disabled():
        try:
            proof = proofs.evidence_of(bulletin_by_code(bulletin))
        except Bulletin.DoesNotExist:
            console.print(f"There is no bulletin {bulletin}.", style="red")
            raise typer.Exit(2) from None
    if as_json:
        print(json.dumps(proofs.as_json(proof), ensure_ascii=False, indent=1))
    else:
        print_proof(console, proof)
    raise typer.Exit(0 if proof.is_proved else 1)


@ledger_app.command("verify")
def verify_ledger() -> None:
    """Find any altered, missing or reordered row of the ledger."""
    start_django()
    from loa.flow.evaluation.evidence import ledger_witnesses
    from loa.registry.ledger.actions import read_whole_ledger
    from loa.registry.ledger.queries import ledger_head

    witnesses = ledger_witnesses()
    faults = read_whole_ledger(witnesses).faults
    for seq, kind in faults:
        console.print(f"row {seq}: {kind}", style="red")
    head = ledger_head()
    if not faults:
        seen = f"{len(witnesses)} heads held by devices agree"
        console.print(f"The ledger holds: {head.seq if head else 0} facts, {seen}.")
    raise typer.Exit(1 if faults else 0)


@run_app.command("dispatcher")
def run_dispatcher() -> None:
    start_django()
    from loa.project.processes import dispatcher

    dispatcher.main()


@run_app.command("receiver")
def run_receiver() -> None:
    start_django()
    from loa.project.processes import receiver

    receiver.main()


@run_app.command("worker")
def run_worker() -> None:
    start_django()
    from loa.project.processes import worker

    worker.main()


@bench_app.callback()
def bench() -> None:
    """Measure; prints JSON and a table."""


@bench_app.command("play")
def bench_play(
    devices: Annotated[int, typer.Option(min=1, max=5000, help="How many loudspeakers.")] = 1000,
    rounds: Annotated[int, typer.Option(min=2, max=50, help="The first only warms up.")] = 5,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    """From an approval's commit to the last device's started receipt, beside the bare bus."""
    from loa.project.benches.own_state import use_own_state

    use_own_state("play")
    from loa.project.benches.play import run

    raise typer.Exit(run(devices=devices, rounds=rounds, json_file=json_file))


@bench_app.command("alert")
def bench_alert(
    devices: Annotated[int, typer.Option(min=1, max=20_000, help="How many loudspeakers.")] = 1000,
    rounds: Annotated[int, typer.Option(min=2, max=50, help="The first only warms up.")] = 3,
    storm: Annotated[
        bool, typer.Option("--storm", help="Kill the bus first: all reconnect meanwhile.")
    ] = False,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    """From an alert's commit to the last device's verified receipt, beside bare NATS."""
    from loa.project.benches.own_state import use_own_state

    use_own_state("alert")
    from loa.project.benches.alert import run

    raise typer.Exit(run(devices=devices, rounds=rounds, is_storm=storm, json_file=json_file))


@bench_app.command("idle")
def bench_idle(
    devices: Annotated[int, typer.Option(min=1, help="Loudspeakers of the second reading.")] = 12,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    """Memory of the idle system, summed over its processes."""
    from loa.project.benches.own_state import use_own_state

    use_own_state("idle")
    from loa.project.benches.idle import run

    raise typer.Exit(run(devices=devices, json_file=json_file))


@bench_app.command("demo")
def bench_demo(json_file: Annotated[Path | None, typer.Option("--json")] = None) -> None:
    """Wall time of `bin/demo --once`, with an empty state folder and again."""
    from loa.project.benches.demo import run

    raise typer.Exit(run(json_file=json_file))


@bench_app.command("speech")
def bench_speech(json_file: Annotated[Path | None, typer.Option("--json")] = None) -> None:
    """Speakable sentences a second; real-time factors of the voice and of the sound chain."""
    start_wiring()
    from loa.project.benches.speech import run

    run(json_file=json_file)


@bench_app.command("sound")
def bench_sound(
    items: Annotated[int, typer.Option(min=4, max=100_000, help="Scheduled items.")] = 1000,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Emergencies; lost streams.")] = 10,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    """Start times, pre-emption and lost streams in recorded samples, beside liquidsoap."""
    from loa.project.benches.sound import run

    run(items=items, rounds=rounds, json_file=json_file)


@bench_app.command("player")
def bench_player(
    seconds: Annotated[int, typer.Option(min=5, max=3600, help="How long it sounds.")] = 20,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    """Memory and processor of a device while it sounds, beside liquidsoap."""
    from loa.project.benches.sound import run_player

    run_player(seconds=seconds, json_file=json_file)


@bench_app.command("resolve")
def bench_resolve(
    devices: Annotated[int, typer.Option(min=1, max=100_000, help="How many devices.")] = 5000,
    rules: Annotated[int, typer.Option(min=1, max=20_000, help="How many rules.")] = 2000,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    """Fourteen days of all devices from the rules on, beside recurring-ical-events."""
    from loa.project.benches.resolve import run

    run(devices=devices, rules_count=rules, json_file=json_file)


@bench_app.command("storm")
def bench_storm(
    devices: Annotated[int, typer.Option(min=2, max=20_000, help="How many come back.")] = 10_000,
    at_once: Annotated[int, typer.Option(min=2, help="How many are on their way in.")] = 400,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    """All devices from nothing to fresh, plain and by TLS, through the gate; beside the bare bus."""
    from loa.project.benches.own_state import use_own_state

    use_own_state("storm")
    from loa.project.benches.storm import run

    raise typer.Exit(run(devices=devices, at_once=at_once, json_file=json_file))


@bench_app.command("receipts")
def bench_receipts(
    rows: Annotated[int, typer.Option(min=1000, help="How many log rows.")] = 400_000,
    devices: Annotated[int, typer.Option(min=1, max=5000, help="How many sign them.")] = 1000,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    """Log rows a second from the bus into PostgreSQL, beside COPY; none lost across a kill -9."""
    from loa.project.benches.own_state import use_own_state

    use_own_state("receipts")
    from loa.project.benches.receipts import run

    raise typer.Exit(run(rows=rows, devices=devices, json_file=json_file))


@bench_app.command("desk")
def bench_desk(  # noqa: PLR0917 - each is an option of the command
    bulletins: Annotated[int, typer.Option(min=2000)] = 300_000,
    play_logs: Annotated[int, typer.Option(min=1000)] = 5_000_000,
    facts: Annotated[int, typer.Option(min=1, help="Rows of the ledger.")] = 300_000,
    seconds: Annotated[float, typer.Option(min=1, help="How long the officers work.")] = 60.0,
    think_seconds: Annotated[float, typer.Option(min=0, help="How long each reads a page.")] = 5.0,
    corpus: Annotated[Path | None, typer.Option(help="Texts: JSON lines, xz.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    """A hundred officers over years of a city's work: requests a second, and p95 of each page."""
    from loa.project.benches.own_state import use_own_state

    use_own_state("desk")
    from loa.project.benches.desk import run

    raise typer.Exit(
        run(
            bulletins=bulletins,
            play_logs=play_logs,
            facts=facts,
            seconds=seconds,
            think_seconds=think_seconds,
            corpus=corpus,
            json_file=json_file,
        )
    )


@bench_app.command("search")
def bench_search(  # noqa: PLR0917 - each is an option of the command
    bulletins: Annotated[int, typer.Option(min=2000)] = 300_000,
    play_logs: Annotated[int, typer.Option(min=1000)] = 5_000_000,
    facts: Annotated[int, typer.Option(min=1, help="Rows of the ledger.")] = 300_000,
    queries: Annotated[int, typer.Option(min=10, help="Questions of each kind.")] = 300,
    corpus: Annotated[Path | None, typer.Option(help="Texts: JSON lines, xz.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    """How fast and how well bulletins are found in the city of `bench desk`, beside tantivy."""
    from loa.project.benches.own_state import use_own_state

    use_own_state("desk")
    from loa.project.benches.search import run

    sizes = (bulletins, play_logs, facts)
    raise typer.Exit(run(sizes=sizes, queries=queries, corpus=corpus, json_file=json_file))


def main() -> None:
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
