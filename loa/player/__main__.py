"""Run the reference device: `python -m loa.player --config FILE`, or `--fleet FILE` for many."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import sqlite3
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from loa.lib.faults import Faults, FaultsUnreadable, read_faults
from loa.player.config import ConfigUnusable, DeviceConfig, read_config, read_fleet
from loa.player.device import PLAYER
from loa.player.enrol import enrol
from loa.player.faults.fleet import FaultyFleet
from loa.player.fleet import Fleet
from loa.player.selftest import failures


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop; return the exit status."""
    options = _options(arguments)
    try:
        if options.enrol:
            options.config = _enrolled(options)
        configs = [read_config(options.config)] if options.config else read_fleet(options.fleet)
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        print(f"The player cannot begin: {error}", file=sys.stderr)
        return 1
    except ConfigUnusable as error:
        print(f"Configuration cannot be used: {error}", file=sys.stderr)
        return 2
    if options.selftest:
        return _report_selftest(configs)
    try:
        if asyncio.run(_run(configs, options)):
            # In the same process: whoever watches over it sees no end.
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
    except ConfigUnusable as error:
        print(f"Configuration cannot be used: {error}", file=sys.stderr)
        return 2
    except (OSError, sqlite3.Error, ValueError) as error:
        print(f"The player cannot go on: {error}", file=sys.stderr)
        return 1
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loa.player", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--config", type=Path, help="JSON file of one device")
    which.add_argument("--fleet", type=Path, help="JSON file with a list of devices")
    which.add_argument("--enrol", type=Path, help="folder of a new device: show a code, be claimed")
    parser.add_argument("--city", default="", help="with --enrol: address of the city's web server")
    parser.add_argument("--root", default="", help="with --enrol: the city's root, 64 hex digits")
    parser.add_argument("--model", default="", help="with --enrol: what this device is")
    parser.add_argument("--ca", default="", help="with --enrol: file of the city's own authority")
    parser.add_argument("--output", default="", help="with --enrol: alsa:default, pulse:, wav, …")
    parser.add_argument("--selftest", action="store_true", help="check this machine and stop")
    parser.add_argument("--faults", type=_faults, help="with --fleet: what goes wrong, on purpose")
    parser.add_argument("--seed", type=int, default=1, help="with --faults: which dice are thrown")
    options = parser.parse_args(arguments)
    if options.faults is not None and not options.fleet:
        parser.error("--faults is for a fleet of light devices")
    if options.enrol and not (options.city and re.fullmatch("[0-9a-fA-F]{64}", options.root)):
        parser.error("--enrol needs --city ADDRESS and --root ROOT (64 hexadecimal digits)")
    return options


def _faults(text: str) -> Faults:
    try:
        return read_faults(text)
    except FaultsUnreadable as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _enrolled(options: argparse.Namespace) -> Path:
    """Return the configuration of this folder's device once somebody claimed it."""
    return asyncio.run(
        enrol(
            options.enrol,
            http_url=options.city.rstrip("/"),
            root_sha256=options.root.lower(),
            output=options.output,
            ca_file=options.ca,
            said={"player": PLAYER, "model": options.model[:60]},
            say=_say,
        )
    )


async def _run(configs: Sequence[DeviceConfig], options: argparse.Namespace) -> bool:
    """Run until stopped; True when the process was told to begin anew."""
    running = asyncio.current_task()
    assert running is not None  # noqa: S101 - inside asyncio.run there is one
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    is_to_begin_anew = False

    def restart() -> None:
        nonlocal is_to_begin_anew
        is_to_begin_anew = True
        running.cancel()

    try:
        await _fleet(configs, options, loop, restart).run()
    except asyncio.CancelledError:
        _say("begins anew" if is_to_begin_anew else "stopped")
    return is_to_begin_anew


def _fleet(
    configs: Sequence[DeviceConfig],
    options: argparse.Namespace,
    loop: asyncio.AbstractEventLoop,
    restart: Callable[[], None],
) -> Fleet:
    if options.faults is None:
        return Fleet(configs, say=_say, on_restart=restart)
    faulty = FaultyFleet(configs, options.faults, options.seed, say=_say)
    loop.add_signal_handler(signal.SIGUSR1, faulty.recover)
    loop.add_signal_handler(signal.SIGUSR2, faulty.break_off)
    return faulty


def _report_selftest(configs: Sequence[DeviceConfig]) -> int:
    found = [(config.device, line) for config in configs for line in failures(config)]
    for device, line in found:
        print(f"{device}: {line}")
    if not found:
        print(f"{len(configs)} device(s): all well")
    return 1 if found else 0


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
