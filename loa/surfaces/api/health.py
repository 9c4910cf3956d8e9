"""Is this process alive, is it fit to answer, and a few numbers of the city for the monitoring.

Nobody signs in here either: what is told is counts, never a name or a word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from django_scopes import scopes_disabled

from loa.flow.deliveries.queries import order_tally, unpushed_document_count
from loa.flow.newsroom.queries import open_submissions
from loa.flow.receipts.queries import receipts_lag
from loa.lib import clock
from loa.registry.devices.models import condition_of
from loa.registry.devices.queries import devices_behind, devices_in_scope
from loa.registry.people.queries import present_root, present_roster
from loa.registry.people.rosters import draft_that_waits, is_root_on_server

CONDITIONS = ("playing", "ready", "late", "silent")
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_applied: set[str] = set()


@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"live": True})


@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Say whether the database answers and has every migration."""
    faults = _faults()
    return JsonResponse({"ready": not faults, "faults": faults}, status=503 if faults else 200)


def _faults() -> list[str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return [] if _is_migrated() else ["migrations_missing"]
    except DatabaseError:
        return ["database_unreachable"]


def _is_migrated() -> bool:
    # Reading every migration takes long; a database that once had them all does not lose them.
    name = str(connection.settings_dict["NAME"])
    if name not in _applied:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _applied.add(name)
    return True


@require_safe
def metrics(_request: HttpRequest) -> HttpResponse:
    """Tell the numbers of the whole city in the text format of Prometheus."""
    with scopes_disabled():
        lines = [*_device_lines(), *_flow_lines(), *_key_lines()]
    return HttpResponse("\n".join([*lines, ""]), content_type=METRICS_TYPE)


def _device_lines() -> Iterable[str]:
    now = clock.now()
    seen = devices_in_scope().values_list("state__seen_at", "state__playing")
    tally = Counter(condition_of(at, playing or "", now) for at, playing in seen)
    yield from _head("loa_devices", "Devices in the register by condition.")
    for condition in CONDITIONS:
        yield f'loa_devices{{condition="{condition}"}} {tally[condition]}'


def _flow_lines() -> Iterable[str]:
    now = clock.now()
    tally = order_tally(clock.local(now).date())
    numbers = [
        ("loa_submissions_open", "Bulletins that wait for approval.", open_submissions().count()),
        ("loa_documents_unpushed", "Documents not yet on the bus.", unpushed_document_count()),
        ("loa_orders_today", "Orders planned for today's local day.", tally),
        (
            "loa_receipts_lag_seconds",
            "Age of the oldest order of the last day that should have begun and has no answer.",
            int(receipts_lag(now).total_seconds()),
        ),
    ]
    for name, text, number in numbers:
        yield from _head(name, text)
        yield f"{name} {number}"


def _key_lines() -> Iterable[str]:
    roster, root = present_roster(), present_root()
    ends = [at for at in (roster and roster.expires_at, root and root.expires_at) if at]
    held = (roster.version if roster else 0, root.version if root else 0)
    numbers = [
        ("loa_root_on_server", "1: the server can sign rosters by itself.", is_root_on_server()),
        ("loa_roster_waiting", "1: a roster waits for signatures.", draft_that_waits() is not None),
        ("loa_devices_behind", "Devices with an older roster or root.", len(devices_behind(*held))),
        (
            "loa_keys_expire_seconds",
            "Until the roster or the root should have been renewed; below 0 it is overdue.",
            int((min(ends) - clock.now()).total_seconds()) if ends else 0,
        ),
    ]
    for name, text, number in numbers:
        yield from _head(name, text)
        yield f"{name} {int(number)}"


def _head(name: str, text: str) -> Iterable[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} gauge"
