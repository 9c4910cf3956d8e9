"""Become another program that dies with its parent; run as a script, imports nothing of Loa.

The kernel forgets the death signal when credentials change, so rights are dropped first.
It is tied to the thread that forked: the supervisor forks from its main thread.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--death-signal", type=int, default=int(signal.SIGKILL))
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("--folder")
    parser.add_argument("argv", nargs="+")
    return parser.parse_args(arguments)


def drop_rights(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def die_with_parent(parent: int, death_signal: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    # The parent may have died before the kernel was told.
    if os.getppid() != parent:
        sys.exit(1)


def main(arguments: list[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    wanted = parse(arguments)
    os.setpgid(0, 0)
    if wanted.uid is not None:
        drop_rights(wanted.uid, wanted.gid)
    if wanted.folder:
        os.chdir(wanted.folder)
    die_with_parent(wanted.parent, wanted.death_signal)
    try:
        os.execvp(wanted.argv[0], wanted.argv)  # noqa: S606 - no shell is the point
    except OSError as error:
        sys.exit(f"cannot start {wanted.argv[0]}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
