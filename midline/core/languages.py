"""The languages of this installation (MIDLINE_LANGUAGES), and which of them a person gets."""

from django.conf import settings


def codes() -> list[str]:
    """What people may choose: the languages whose texts are complete here, the installation's own first."""
    return [code for code, _name in settings.LANGUAGES]


def spoken(code: str | None) -> str:
    """`code` while the installation offers it, else its own language: somebody's choice may be older than the offer."""
    return code if code and code in codes() else settings.LANGUAGE_CODE


def own_name(code: str) -> str:
    """ "Deutsch": a language under its own name."""
    return str(dict(settings.LANGUAGES)[code])
