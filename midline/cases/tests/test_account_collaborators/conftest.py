"""What these tests begin with."""

import pytest
from django.test import Client

from midline.practices.tests.factories import PracticeFactory


@pytest.fixture
def practice():
    return PracticeFactory()


@pytest.fixture
def provider(practice):
    return practice.provider


@pytest.fixture
def browser(provider) -> Client:
    client = Client()
    client.force_login(provider.person)
    return client
