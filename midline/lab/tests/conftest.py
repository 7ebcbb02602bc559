"""What the lab's tests share: the technician's browser and an order in their hands."""

import pytest
from django.test import Client

from midline.cases.models import Order
from midline.cases.tests.factories import move


@pytest.fixture
def lab(cast) -> Client:
    client: Client = cast.technician.client
    return client


@pytest.fixture
def order(cast) -> Order:
    """The cast's order, taken by the technician."""
    order = move(cast.case, "take", technician=cast.technician.user).current_order
    assert order
    return order
