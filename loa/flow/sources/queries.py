from __future__ import annotations

from uuid import UUID

from loa.flow.sources.models import SourceItem


def source_by_id(source_id: UUID) -> SourceItem:
    """Return a source item in scope; raises SourceItem.DoesNotExist."""
    return SourceItem.objects.get(pk=source_id)
