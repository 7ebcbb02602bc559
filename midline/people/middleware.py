"""Every page in the language of the person who reads it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from midline.core.languages import spoken
from midline.people.models import User


class LanguageMiddleware:
    """Signed in: the language of the profile, whatever the browser asks for. Signed out, Django's own middleware before this one has
    chosen: the cookie of the language menu, then Accept-Language, then the installation's own.

    Stays active after the view, so that an answer which is written as it is sent (an export) is in the same language.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, User):
            translation.activate(spoken(request.user.language))
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)
