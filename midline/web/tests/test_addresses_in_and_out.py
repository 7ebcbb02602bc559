"""No form leads out of the portal, and no mail leads to where a client said it came from."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from midline.core.http import is_own_path
from midline.core.ids import new_key
from midline.jobs.services import run_all
from midline.notify.tests.factories import invited

OUT = [
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "https:evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    "///evil.example",
    "evil.example",
    "/account/\\evil.example",
    "",
]


@pytest.mark.parametrize("target", OUT)
def test_what_a_browser_would_follow_out_of_the_portal_is_no_path_of_it(target):
    assert not is_own_path(target)


@pytest.mark.parametrize("target", ["/", "/provider/cases/0100001/?tab=records&next=//x", "/collaborator/cases/?q=%2F%2Fevil.example"])
def test_paths_of_the_portal_are(target):
    assert is_own_path(target)


@pytest.mark.parametrize("target", OUT)
def test_no_form_leads_out(cast, target):
    case, htmx = cast.case, {"HX-Request": "true"}
    comment = {"body": "Look at 21.", "key": str(new_key()), "next": target}
    order = [case.number, case.current_order_id]
    collaborators = reverse("cases:case_collaborators", args=[case.number])
    answers = [
        cast.owner.client.post("/account/theme/", {"theme": "dark", "next": target}),
        cast.owner.client.post(reverse("conversation:comment", args=["provider", case.number]), comment),
        cast.owner.client.post(collaborators, {"next": target}),
        cast.technician.client.post(reverse("lab:take", args=["lab", *order]), {"next": target}),
        cast.technician.client.post(reverse("lab:hand_over", args=["lab", *order]), {"next": target}, headers=htmx),
        Client().post("/account/login/", {"login": cast.owner.user.email, "password": "a long enough password", "next": target}),
    ]

    leads = [response.headers.get("Location") or response.headers["HX-Redirect"] for response in answers]
    assert all(is_own_path(lead) and "evil" not in lead for lead in leads), leads


def test_mails_name_the_portal_whatever_host_the_client_typed(cast, settings):
    settings.ALLOWED_HOSTS, settings.PUBLIC_URL = ["*"], "https://portal.example.org"
    evil = {"host": "evil.example", "x-forwarded-host": "evil.example"}
    invited(cast.owner.actor, "invited@example.org")
    Client(headers=evil).post("/account/password/reset/", {"email": cast.owner.user.email})
    comment = {"body": "Look at 21.", "key": str(new_key())}
    client = Client(headers=evil)
    client.force_login(cast.with_no_grant.user)
    assert client.post(reverse("conversation:comment", args=["collaborator", cast.case.number]), comment).status_code == 302
    run_all()

    words = [str(letter.message()) for letter in mail.outbox]
    assert len(words) >= 2
    assert not [word for word in words if "evil.example" in word]
    assert all("https://portal.example.org/" in letter.body for letter in mail.outbox)
