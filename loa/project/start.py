"""Django made ready for a command, with a database of the present shape."""

from __future__ import annotations


def start_django() -> None:
    import django

    django.setup()
    from loa.project.database import bring_up_to_date

    bring_up_to_date()
