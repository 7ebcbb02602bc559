"""The cast that every test knows: the owner, a collaborator with every grant, one with none, a technician, a stranger."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from django.test import Client

from midline.cases.models import Case
from midline.cases.tests.factories import make_case, move, share
from midline.collaboration.models import Collaboration
from midline.collaboration.tests.factories import EVERY_GRANT, CollaborationFactory
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.people.tests.factories import UserFactory
from midline.practices.models import Practice
from midline.practices.tests.factories import PracticeFactory


@pytest.fixture(autouse=True)
def _files_in_a_folder_of_the_test(settings, tmp_path: Path) -> None:
    settings.MIDLINE_DATA = tmp_path
    settings.MIDLINE_FILES = tmp_path / "files"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"


@dataclass
class Person:
    """One of the cast: the account, the actor, and a signed-in client."""

    user: User
    actor: Actor
    client: Client
    collaboration: Collaboration | None = None


@dataclass
class Cast:
    practice: Practice
    case: Case
    owner: Person
    with_every_grant: Person
    with_no_grant: Person
    technician: Person
    stranger: Person
    other_provider: Person

    def client_of(self, name: str) -> Client:
        return Client() if name == "signed_out" else getattr(self, name).client


def _person(user: User, workspace: Workspace, provider_id: int | None = None, collaboration: Collaboration | None = None) -> Person:
    client = Client()
    client.force_login(user)
    return Person(user, Actor(user, workspace, provider_id), client, collaboration)


@pytest.fixture
def cast(db) -> Cast:
    """A provider with one submitted aligner case, shared singly with both collaborators; the stranger collaborates with nobody."""
    practice = PracticeFactory(provider__person__first_name="Maren", provider__person__last_name="Østby")
    technician = UserFactory(first_name="Ingrid", last_name="Solheim", is_technician=True)
    full = CollaborationFactory(provider=practice.provider, person__first_name="Priya", person__last_name="Raghunathan", **EVERY_GRANT)
    bare = CollaborationFactory(provider=practice.provider, person__first_name="Jonas", person__last_name="Weiß")
    case = move(make_case(practice), "submit", technician=technician)
    share(case, full)
    share(case, bare)
    other = PracticeFactory()
    return Cast(
        practice=practice,
        case=Case.objects.get(pk=case.pk),
        owner=_person(practice.provider.person, Workspace.PROVIDER, practice.provider_id),
        with_every_grant=_person(full.person, Workspace.COLLABORATOR, collaboration=full),
        with_no_grant=_person(bare.person, Workspace.COLLABORATOR, collaboration=bare),
        technician=_person(technician, Workspace.LAB),
        stranger=_person(UserFactory(), Workspace.COLLABORATOR),
        other_provider=_person(other.provider.person, Workspace.PROVIDER, other.provider_id),
    )


@pytest.fixture
def there(cast):
    """What every address names (see web/tests/everything.py): read when it is asked for, because it stands above every room."""
    from midline.web.tests.everything import everything

    return everything(cast)
