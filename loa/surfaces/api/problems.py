"""What went wrong, as `application/problem+json`: a code for programs, words for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from loa.flow.sources.errors import EncodingUnconfirmed
from loa.lib import clock
from loa.lib.encodings import Detected
from loa.registry.library.store import NoSpaceLeft
from loa.registry.people.errors import DeedRefused, MandateMissing

PROBLEM = "application/problem+json"
SAMPLE_CHARACTERS = 600


class Problem(Exception):
    """A request that cannot be answered, whatever the person may do."""

    def __init__(self, status: int, code: str, message: Any, *, field: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.field = status, code, message, field


class NotFound(Problem):
    """Nothing of this name, or nothing this person may know of: the answer is the same."""

    def __init__(self) -> None:
        super().__init__(404, "not_found", _("Không tìm thấy."))


class ContentTypeUnknown(Problem):
    def __init__(self) -> None:
        message = _("Không nhận kiểu nội dung này. Hãy gửi dạng JSON.")
        super().__init__(415, "content_type_unknown", message)


class PlaceUnknown(Problem):
    def __init__(self, field: str) -> None:
        super().__init__(422, "place_unknown", _("Không có địa bàn mang mã này."), field=field)


def answer_problem(
    status: int, code: str, message: Any, *, field: str = "", details: Any = None
) -> HttpResponse:
    content = {
        "status": status,
        "code": code,
        "message": str(message),
        "field": field,
        "details": details or {},
    }
    return JsonResponse(content, status=status, content_type=PROBLEM)


def handle_problems(api: NinjaAPI) -> None:
    """Tell the API how each kind of refusal is said."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        Problem: _say_problem,
        DeedRefused: _say_refused,
        ValidationError: _say_invalid,
        AuthenticationError: _say_signed_out,
        HttpError: _say_http,
        Http404: _say_lost,
        SuspiciousOperation: _say_unreadable,
        MultiPartParserError: _say_unreadable,
        RequestDataTooBig: _say_too_large,
        NoSpaceLeft: _say_full,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _say_problem(_request: HttpRequest, problem: Problem) -> HttpResponse:
    return answer_problem(problem.status, problem.code, problem.message, field=problem.field)


def _say_refused(_request: HttpRequest, refused: DeedRefused) -> HttpResponse:
    status = 403 if isinstance(refused, MandateMissing) else 409
    details = {name: _plain(value) for name, value in refused.details.items()}
    if isinstance(refused, EncodingUnconfirmed):
        details = _sample_of(refused.details["detected"])
    return answer_problem(status, refused.code, refused, field=refused.field, details=details)


def _say_invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    faults = [
        {"field": ".".join(str(step) for step in fault["loc"]), "message": fault["msg"]}
        for fault in error.errors
    ]
    message = _("Yêu cầu thiếu hoặc sai ở một số mục.")
    first = error.errors[0]["loc"] if error.errors else ()
    field = str(first[-1]) if first else ""
    return answer_problem(422, "input_invalid", message, field=field, details={"faults": faults})


def _say_signed_out(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    answer = answer_problem(401, "not_signed_in", _("Hãy đăng nhập trước."))
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _say_http(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, Problem):
        return _say_problem(request, error.__cause__)
    return _say_unreadable(request, error)


def _say_unreadable(_request: HttpRequest, error: Exception) -> HttpResponse:
    status = getattr(error, "status_code", 400)
    return answer_problem(status, "request_unreadable", _("Không đọc được yêu cầu."))


def _say_lost(request: HttpRequest, _error: Http404) -> HttpResponse:
    return _say_problem(request, NotFound())


@csrf_exempt
def no_such_address(request: HttpRequest) -> HttpResponse:
    """Answer a program that asks where nothing is; people get a page elsewhere."""
    return _say_problem(request, NotFound())


def _say_too_large(_request: HttpRequest, _error: RequestDataTooBig) -> HttpResponse:
    return answer_problem(413, "too_large", _("Yêu cầu quá lớn. Hãy gửi văn bản ngắn hơn."))


def _say_full(_request: HttpRequest, _error: NoSpaceLeft) -> HttpResponse:
    return answer_problem(507, "disk_full", _("Máy chủ hết chỗ lưu. Hãy báo quản trị."))


def _sample_of(detected: Detected) -> dict[str, Any]:
    return {
        "encoding": detected.encoding,
        "confidence": detected.confidence,
        "problems": list(detected.problems),
        "sample": detected.text[:SAMPLE_CHARACTERS],
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if hasattr(value, "start_at"):
        # An occurrence: when and where is known to whoever sees the place, its words are not.
        when = {"start_at": clock.iso(value.start_at), "end_at": clock.iso(value.end_at)}
        return {"place": value.place_id, **when}
    return [_plain(one) for one in value] if isinstance(value, Iterable) else str(value)
