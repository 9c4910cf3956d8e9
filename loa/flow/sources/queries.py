from __future__ import annotations

from django.db.models import QuerySet

from loa.flow.sources.models import SourceItem
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed


def sources_readable_by(person: Person) -> QuerySet[SourceItem]:
    """Return the source items in scope whose words this person may read."""
    return SourceItem.objects.filter(place__in=person.places_with(Deed.READ))
