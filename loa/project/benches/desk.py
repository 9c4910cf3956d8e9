"""Requests a second and how long pages take, of a hundred officers over years of a city's work."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from loa.project import paths
from loa.project.benches.desk_words import read_corpus
from loa.project.benches.play_figures import MeasurementFailed
from loa.project.running import end_left_over, make_supervisor
from loa.project.servers.errors import ServerUnavailable
from loa.project.servers.running import running
from loa.project.supervisor.instance import AlreadyRunning, SingleInstance
from loa.project.supervisor.run import LOCK_FILE
from loa.project.system import System

AIM_P95_SECONDS = 0.3
UP_SECONDS_MAX = 120.0
WARMING_SECONDS = 10.0
console = Console(highlight=False)


def run(
    *,
    bulletins: int,
    play_logs: int,
    facts: int,
    seconds: float,
    think_seconds: float,
    corpus: Path | None,
    json_file: Path | None,
) -> int:
    """Measure and print; returns 0 if every page met the aim and nothing was refused."""
    try:
        with SingleInstance(paths.run_folder() / LOCK_FILE):
            figures = _figures((bulletins, play_logs, facts), seconds, think_seconds, corpus)
    except (AlreadyRunning, ServerUnavailable, MeasurementFailed) as error:
        print(error, file=sys.stderr)
        return 1
    _print(figures)
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0 if figures["p95"] <= AIM_P95_SECONDS and not figures["faults"] else 1


def _figures(
    sizes: tuple[int, int, int], seconds: float, think_seconds: float, corpus_file: Path | None
) -> dict[str, Any]:
    import django

    end_left_over()
    system = System()
    system.prepare()
    django.setup()
    from django.db import connection
    from django_scopes import scopes_disabled

    from loa.flow.newsroom.ports import voices
    from loa.project.benches.desk_city import Size, build, signed_in
    from loa.project.benches.desk_officers import Script
    from loa.project.database import bring_up_to_date
    from loa.registry.places.queries import communes

    if system.postgres is None:
        raise MeasurementFailed("a measurement runs on a server of its own")
    size, corpus = Size(*sizes), read_corpus(corpus_file)
    console.print(f"{size}, texts from {corpus.name}")
    with running(system.postgres, paths.log_folder() / "postgres-start.log"), scopes_disabled():
        bring_up_to_date()
        build(size, corpus)
        officers = signed_in()
        places = [place.code for place in communes()]
        voice = voices().all()[0].id
        connection.close()
    script = Script(system.web_port, size, places, corpus, voice, think_seconds, seconds)
    return asyncio.run(_measured(system, script, officers))


async def _measured(system: System, script: Any, officers: list[Any]) -> dict[str, Any]:
    web = [program for program in system.processes() if program.name == "web"]
    supervisor = make_supervisor([*system.servers(), *web])
    keeping = asyncio.create_task(supervisor.run())
    try:
        await asyncio.wait_for(supervisor.wait_running(), UP_SECONDS_MAX)
        return await asyncio.to_thread(_rounds, script, officers)
    except TimeoutError as error:
        raise MeasurementFailed(f"The desk did not start; see {paths.log_folder()}.") from error
    finally:
        supervisor.stop()
        await keeping


def _rounds(script: Any, officers: list[Any]) -> dict[str, Any]:
    """Warm up, then as officers work, then as fast as the server answers eight of them."""
    from dataclasses import replace

    from loa.project.benches.desk_officers import work

    work(replace(script, seconds=WARMING_SECONDS), officers)
    heard = work(script, officers)
    busy = work(replace(script, think_seconds=0.0, seconds=script.seconds / 3), officers[:8])
    every = [one for page in heard.seconds.values() for one in page]
    busy_count = sum(len(page) for page in busy.seconds.values())
    return {
        "officers": len(officers),
        "think_seconds": script.think_seconds,
        "bulletins": script.size.bulletins,
        "play_logs": script.size.play_logs,
        "requests_a_second": round(len(every) / script.seconds, 1),
        "requests_a_second_at_most": round(busy_count / (script.seconds / 3), 1),
        "p95": _share(every, 0.95),
        "pages": {name: _page(times) for name, times in sorted(heard.seconds.items())},
        "faults": [*heard.faults, *busy.faults][:20],
    }


def _page(times: list[float]) -> dict[str, float]:
    return {
        "asked": len(times),
        "p50": _share(times, 0.5),
        "p95": _share(times, 0.95),
        "max": round(max(times), 3),
    }


def _share(times: list[float], share: float) -> float:
    ordered = sorted(times)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 3) if ordered else 0.0


def _print(figures: dict[str, Any]) -> None:
    title = (
        f"{figures['officers']} officers, {figures['bulletins']:,} bulletins,"
        f" {figures['play_logs']:,} play logs"
    )
    table = Table("page", "asked", "p50, ms", "p95, ms", "max, ms", title=title)
    for name, page in figures["pages"].items():
        times = [f"{page[key] * 1000:.0f}" for key in ("p50", "p95", "max")]
        table.add_row(name, str(page["asked"]), *times)
    table.add_row("all", "", "", f"{figures['p95'] * 1000:.0f}", "")
    console.print(table)
    console.print(
        f"{figures['requests_a_second']} requests a second, each officer reads"
        f" {figures['think_seconds']} s; {figures['requests_a_second_at_most']} at most"
    )
    for fault in figures["faults"]:
        console.print(f"not answered well: {fault}", style="red")
