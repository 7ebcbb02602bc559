"""What these tests begin with."""

import pytest
from django.core.cache import cache

from midline.collaboration import services
from midline.collaboration.tests.test_views.steps import acting
from midline.practices.tests.factories import PracticeFactory


@pytest.fixture(autouse=True)
def _fresh_counts():
    cache.clear()


@pytest.fixture
def provider():
    provider = PracticeFactory(provider__person__first_name="Maren", provider__person__last_name="Østby", name="Grünerløkka").provider
    services.consent_give(by=acting(provider), address=None)
    return provider
