"""Addresses and answers, short."""

from django.urls import reverse

from midline.cases.models import Case


def url(name: str, case: Case, *args: object, workspace: str = "lab") -> str:
    return reverse(f"lab:{name}", args=[workspace, case.number, *args])


def text(response) -> str:
    return str(response.content.decode())
