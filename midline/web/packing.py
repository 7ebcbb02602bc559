"""Pages that are sent packed, because their size is what their reader waits for."""

from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

PACKED: Final = frozenset({"setups:review"})
"""None of these repeats words of its address: beside what somebody else may put there, the length of a packed page tells its content."""


class PackedPagesMiddleware(GZipMiddleware):
    """Sends the pages of PACKED with gzip where the browser takes it: a review is 110 KB of page before its models."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        match = request.resolver_match
        if match is None or match.view_name not in PACKED:
            return response
        return super().process_response(request, response)
