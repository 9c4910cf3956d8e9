"""Keeps the processes of one checkout running.

Owns starting, restarting, logging and stopping; never knows what a program is for.
"""

from loa.project.supervisor.instance import AlreadyRunning, SingleInstance
from loa.project.supervisor.program import Program, State, Status
from loa.project.supervisor.run import Supervisor, read_status

__all__ = [
    "AlreadyRunning",
    "Program",
    "SingleInstance",
    "State",
    "Status",
    "Supervisor",
    "read_status",
]
