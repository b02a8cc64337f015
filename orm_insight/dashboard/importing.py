"""The page "Import": takes the trace file of a colleague, from a form or from a script."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from orm_insight.dashboard import access
from orm_insight.dashboard.links import TraceLinks, address
from orm_insight.dashboard.responses import answer, answer_json, see, shell_of, wants_json
from orm_insight.exchange import ImportRefusedError, import_trace
from orm_insight.stores.documents import MAX_DOCUMENT_BYTES, too_large
from orm_insight.ui.importing import ImportPage

_JSON = "application/json"


@access.page
@require_http_methods(["GET", "HEAD", "POST"])
def import_page(request: HttpRequest) -> HttpResponse:
    """A script sends the document itself as JSON; it is led to the trace as a browser is."""
    if request.method != "POST":
        return answer(_page(request))
    try:
        trace = import_trace(_sent(request))
    except ImportRefusedError as error:
        if wants_json(request) or request.content_type == _JSON:
            return answer_json({"error": str(error)}, status=400)
        return answer(_page(request, str(error)), status=400)
    return see(TraceLinks(trace.id).trace())


def _sent(request: HttpRequest) -> bytes:
    """Never more than a document may have: what is longer is not even read."""
    if request.content_type == _JSON:
        return _within_limit(request.read(MAX_DOCUMENT_BYTES + 1))
    upload = request.FILES.get("file")
    if upload is None:
        raise ImportRefusedError("No file was chosen.")
    if upload.size is not None and upload.size > MAX_DOCUMENT_BYTES:
        raise ImportRefusedError(too_large(upload.size))
    return _within_limit(upload.read(MAX_DOCUMENT_BYTES + 1))


def _within_limit(data: bytes) -> bytes:
    if not data:
        raise ImportRefusedError("The file is empty.")
    if len(data) > MAX_DOCUMENT_BYTES:
        raise ImportRefusedError(too_large(len(data)))
    return data


def _page(request: HttpRequest, error: str = "") -> ImportPage:
    return ImportPage(
        shell=shell_of(request),
        url=address("import"),
        error=error,
        most=f"{MAX_DOCUMENT_BYTES // 2**20} MiB",
    )
