"""Addresses of the review page, and a decision as its forms send it."""

from uuid import uuid4

from midline.cases.models import Case
from midline.setups.models import SetupVersion


def address(who: str, version: SetupVersion, act: str = "") -> str:
    return f"/{who}/cases/{version.case.number}/setups/{version.number}/{act}{'/' if act else ''}"


def decide(person, version: SetupVersion, act: str, **more):
    data = {"key": uuid4(), "seen_hash": version.content_hash, **more}
    return person.client.post(address(person.actor.workspace, version, act), data)


def status_of(version: SetupVersion) -> str:
    return Case.objects.get(pk=version.case_id).status
