"""The review page is sent packed; no page is that repeats words of its address."""

import gzip

from midline.cases.tests.factories import move
from midline.setups.tests.factories import make_version


def test_the_review_page_is_packed_for_browsers_that_take_it(cast):
    case = move(cast.case, "take", technician=cast.technician.user)
    version = make_version(case, cast.technician.user)
    move(case, "publish", technician=cast.technician.user)
    address = f"/provider/cases/{version.case.number}/setups/{version.number}/"
    plain = cast.owner.client.get(address)
    packed = cast.owner.client.get(address, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert packed["Content-Security-Policy"] == plain["Content-Security-Policy"]
    assert packed["Cache-Control"] == plain["Cache-Control"]
    assert len(packed.content) < len(plain.content) / 3
    assert b'id="setup-plan"' in gzip.decompress(packed.content)


def test_a_list_that_repeats_what_was_searched_for_is_not_packed(cast):
    response = cast.owner.client.get("/provider/orders/", {"search": "Zofia"}, headers={"Accept-Encoding": "gzip"})
    assert response.status_code == 200
    assert "Content-Encoding" not in response
