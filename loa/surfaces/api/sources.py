from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Router
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel
from pydantic import ValidationError as PydanticError

from loa.flow.sources.actions import take_source
from loa.flow.sources.errors import MESSAGES, SourceRefused
from loa.lib.encodings import TEXT_BYTES_MAX
from loa.surfaces.api.found import place_named
from loa.surfaces.api.problems import ContentTypeUnknown, Problem
from loa.surfaces.api.schemas import SourceForm, SourceIn, SourceOut
from loa.surfaces.api.sign_in import StaffRequest

router = Router(tags=["sources"])
S = TypeVar("S", bound=BaseModel)

# UTF-16 takes two bytes a letter: no text of the permitted length is longer than this.
FILE_BYTES_MAX = 2 * TEXT_BYTES_MAX + 2
_EITHER = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": SourceIn.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["place", "file"],
                    "properties": {
                        **SourceForm.model_json_schema()["properties"],
                        "file": {"type": "string", "format": "binary"},
                    },
                }
            },
        },
    }
}


@dataclass(frozen=True)
class _Given:
    raw: bytes
    place: str
    filename: str
    encoding: str | None


@router.post("", response={201: SourceOut}, openapi_extra=_EITHER)
def create_source(request: StaffRequest) -> SourceOut:
    """Take in a text, byte for byte, as a file or as base64 in JSON.

    A text in a legacy encoding is answered by 409 `encoding_unconfirmed` with the encoding found
    and a sample; send it again with that `encoding` once a person has looked at it.
    """
    given = _given(request)
    if len(given.raw) > FILE_BYTES_MAX:
        raise Problem(413, "text_too_long", MESSAGES["text_too_long"], field="file")
    item = take_source(
        given.raw,
        place=place_named(given.place, "place"),
        by=request.auth,
        origin="file" if given.filename else "form",
        filename=given.filename,
        encoding=given.encoding,
    )
    return SourceOut(
        id=item.id,
        place=item.place_id,
        filename=item.filename,
        sha256=item.sha256,
        encoding=item.encoding,
        text=item.text,
        taken_at=item.taken_at,
    )


def _given(request: HttpRequest) -> _Given:
    if request.content_type == "application/json":
        return _from_json(request)
    if request.content_type == "multipart/form-data":
        return _from_form(request)
    raise ContentTypeUnknown


def _from_json(request: HttpRequest) -> _Given:
    given = _parsed(SourceIn, _json_of(request.body))
    try:
        raw = base64.b64decode(given.content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _not_base64() from error
    return _Given(raw, given.place, given.filename, given.encoding)


def _from_form(request: HttpRequest) -> _Given:
    form = _parsed(SourceForm, request.POST.dict())
    file = request.FILES.get("file")
    if file is None:
        raise ValidationError([{"loc": ("file",), "msg": "Field required"}])
    # One byte above the limit is enough to know.
    return _Given(file.read(FILE_BYTES_MAX + 1), form.place, file.name or "", form.encoding)


def _json_of(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HttpError(400, "not JSON") from error


def _parsed(schema: type[S], data: Any) -> S:
    try:
        return schema.model_validate(data)
    except PydanticError as error:
        raise ValidationError([dict(fault) for fault in error.errors()]) from error


def _not_base64() -> SourceRefused:
    refused = SourceRefused(_("Nội dung gửi lên không phải base64."))
    refused.code = "content_not_base64"
    return refused
