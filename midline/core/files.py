"""How a stored file is sent: after the policy said yes, asked again at each use."""

import re
from typing import cast
from urllib.parse import quote

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags

from midline.core.storage import files

_INLINE = {"image/jpeg", "image/png", "image/webp", "model/gltf-binary"}


def send_file(
    request: HttpRequest, *, key: str, sha256: str, name: str, content_type: str = "application/octet-stream", encoding: str = ""
) -> HttpResponseBase:
    """The bytes of `key`, as an attachment unless the type is one that the portal itself made and shows.

    `sha256` is the ETag: a browser that has the bytes asks, the policy (already asked by the view) answers, 304 follows.
    With MIDLINE_X_ACCEL_PREFIX the proxy sends the bytes.
    """
    etag = f'"{sha256}{"-" + encoding if encoding else ""}"'
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return _headers(HttpResponseNotModified(), etag)
    response: HttpResponseBase
    if settings.MIDLINE_X_ACCEL_PREFIX:
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = settings.MIDLINE_X_ACCEL_PREFIX + quote(key)
    else:
        response = cast(HttpResponseBase, FileResponse(files().open(key), content_type=content_type))
        response["Content-Length"] = str(files().size(key))
    if encoding:
        response["Content-Encoding"] = encoding
    inline = content_type in _INLINE
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name) or "file"
    response["Content-Disposition"] = f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return _headers(response, etag)


def _headers(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Cookie, Accept-Encoding"
    response["X-Content-Type-Options"] = "nosniff"
    return response
