"""What people see when something is not there, not allowed, stale or broken."""

import pytest
from django.template.loader import get_template
from django.test import Client
from structlog.testing import capture_logs

from midline.web.views import faults


def test_a_hidden_case_and_an_absent_case_answer_with_the_same_bytes(cast):
    client = cast.other_provider.client
    hidden = client.get(f"/provider/cases/{cast.case.number}/updates")
    absent = client.get("/provider/cases/9999999/updates")

    assert hidden.status_code == absent.status_code == 404
    assert hidden.content == absent.content
    assert dict(hidden.headers) == dict(absent.headers)


def test_an_address_without_a_page_looks_like_a_hidden_case(cast):
    hidden = cast.other_provider.client.get(f"/provider/cases/{cast.case.number}/updates")
    nowhere = cast.other_provider.client.get("/provider/no-such-page/")

    assert nowhere.content == hidden.content


def test_a_workspace_of_others_answers_like_an_address_without_a_page(cast):
    lab = cast.owner.client.get("/lab/cases/0100001/updates")
    nowhere = cast.owner.client.get("/lab/no-such-page/")

    assert lab.status_code == nowhere.status_code == 404
    assert lab.content == nowhere.content


def test_the_404_page_repeats_nothing_of_the_address_and_holds_no_token(cast):
    page = cast.owner.client.get("/provider/cases/zofia-secret/updates").content.decode()

    assert "zofia-secret" not in page
    assert "csrfmiddlewaretoken" not in page
    assert "There is nothing at this address" in page
    assert "Provider" in page


def test_a_signed_out_person_gets_the_404_page_without_names(db):
    response = Client().get("/no-such-page/")

    assert response.status_code == 404
    assert b"There is nothing at this address" in response.content
    assert b"/account/login/" in response.content


def test_a_message_that_waits_is_not_lost_on_a_404_page(cast):
    cast.owner.client.post("/account/theme/", {"theme": "dark"})
    before = cast.owner.client.get("/provider/nothing/").content

    assert cast.owner.client.get("/provider/nothing/").content == before


@pytest.mark.urls("midline.web.tests.broken_urls")
@pytest.mark.parametrize(
    ("address", "code", "words"),
    [
        ("denied", 403, "You may not do this here"),
        ("suspicious", 400, "The server could not read that"),
    ],
)
def test_what_is_denied_or_unreadable_is_told_with_the_header(cast, address, code, words):
    response = cast.owner.client.get(f"/provider/{address}/")

    assert response.status_code == code
    assert words in response.content.decode()
    assert "Maren Østby" in response.content.decode()


@pytest.mark.urls("midline.web.tests.broken_urls")
def test_a_fault_gives_a_reference_that_stands_in_the_log_without_what_people_typed(cast):
    cast.owner.client.raise_request_exception = False
    with capture_logs() as logs:
        response = cast.owner.client.get("/provider/broken/", {"typed": "Zofia Dąbrowska"})

    entry = next(line for line in logs if line["event"] == "server_error")
    assert response.status_code == 500
    assert entry["reference"] in response.content.decode()
    assert entry["kind"] == "ValueError"
    assert "broken_urls.py" in entry["where"]
    assert "Zofia" not in str(entry)
    assert "Zofia" not in response.content.decode()


def test_the_fault_page_asks_nothing_of_the_database(rf, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert faults.server_error(rf.get("/")).status_code == 500


def test_a_form_of_an_earlier_session_is_told_so(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner.user)
    response = client.post("/account/theme/", {"theme": "dark"})

    assert response.status_code == 403
    assert "This page was open too long" in response.content.decode()


def test_a_conflict_says_what_is_newer_and_keeps_what_was_typed(rf, cast):
    request = rf.post("/")
    request.user = cast.owner.user
    response = faults.conflict(
        request, "Your approval was not recorded.", title="Version 4 was published meanwhile", kept=[("Your comment", "Close <22>")]
    )
    page = response.content.decode()

    assert response.status_code == 409
    assert "Version 4 was published meanwhile" in page
    assert "Your approval was not recorded." in page
    assert "Close &lt;22&gt;</textarea>" in page


def test_the_conflict_fragment_needs_nothing_but_a_reason():
    assert "Somebody was first" in get_template("web/_conflict.html").render({"reason": "Reload the page."})
