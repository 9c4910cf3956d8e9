"""The API, version 1: the deeds of the desk for programs.

A refusal is answered by `application/problem+json`; its words follow `Accept-Language`.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser

from loa.surfaces.api import (
    approvals,
    bulletins,
    placements,
    registers,
    sources,
    standings,
    tokens,
)
from loa.surfaces.api.problems import PROBLEM, ContentTypeUnknown, handle_problems
from loa.surfaces.api.schemas import ProblemOut
from loa.surfaces.api.sign_in import BearerToken, DeskSession, inside_scope

_REFUSED = {
    "description": "Refused; `code` says why.",
    "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}},
}


class JsonParser(Parser):
    """Reads JSON that says it is JSON: a form is no request by accident."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        if request.content_type != "application/json":
            raise ContentTypeUnknown
        return super().parse_body(request)


class LoaApi(NinjaAPI):
    """Names each operation by its function, and tells what a refusal looks like."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_root_path(self, path_params: dict[str, Any]) -> str:
        # Its addresses stand inside those of this surface.
        return reverse(f"api:{self.urls_namespace}:api-root", kwargs=path_params)

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        schema["components"]["schemas"]["ProblemOut"] = ProblemOut.model_json_schema()
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = _REFUSED
        return schema


api = LoaApi(
    title="Loa",
    version="1",
    description=__doc__,
    urls_namespace="api-v1",
    auth=[BearerToken(), DeskSession()],
    # The usual page of documentation loads scripts from the Internet.
    docs_url=None,
    parser=JsonParser(),
)
api.add_decorator(inside_scope)
handle_problems(api)
api.add_router("/tokens", tokens.router)
api.add_router("/sources", sources.router)
api.add_router("/bulletins", bulletins.router)
api.add_router("/submissions", approvals.router)
api.add_router("", placements.router)
api.add_router("", standings.router)
api.add_router("", registers.router)
