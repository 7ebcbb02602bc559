"""A collaborator from whom identity is hidden never reads the patient's name: no page, no header, no file, no list, no mail."""

import json
import re
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from midline.activity import services as activity
from midline.cases.models import Case
from midline.cases.tests.factories import make_case, move, share
from midline.collaboration.models import Collaboration
from midline.collaboration.tests.factories import CollaborationFactory
from midline.conversation.services import comment_add
from midline.core.ids import new_key
from midline.jobs import services as jobs
from midline.notify.tests.factories import PATIENT, name_patient, whole
from midline.people.models import User
from midline.practices.tests.factories import PracticeFactory
from midline.records.models import Record
from midline.setups.events import ImportFailed
from midline.setups.models import SetupImport, SetupVersion
from midline.web.tests.below_a_case import Held, held_case

# The names, and how they would look spelled into an address or a page.
NAMED = re.compile("|".join(PATIENT).encode(), re.IGNORECASE)


@pytest.fixture
def held(cast) -> Held:
    """The case with the patient's name wherever a person could have put it: file names of the record, the ZIP and the setup."""
    name_patient(cast.case)
    given = held_case(cast)
    told = "_".join(PATIENT)
    Record.objects.update(filename=f"{told}.jpg")
    pack(SetupImport.objects.get(), cast.technician.user)
    SetupVersion.objects.update(original_name=f"{told}.zip")
    Collaboration.objects.filter(provider=cast.practice.provider).update(hides_identity=True)
    return given


def pack(item: SetupImport, by: User) -> None:
    """The ZIP comes from `by`, who named it and everything in it after the patient; sentences about its files name them too."""
    told = "_".join(PATIENT)
    rows = [row | {"name": f"{told}/{told}_{row['name']}"} for row in item.report["files"]]
    rows[3] |= {"reason": f"{rows[3]['name']} has no stage in its name."}
    rows[-1] |= {"refused": {"reason": f"“{told}_case_lower_05.stl” is cut off.", "remedy": f"Export {told}_case_lower_05 again."}}
    doubles = [{"arch": "upper", "stage": 1, "files": [rows[1]["name"], rows[2]["name"]]}]
    item.report |= {"files": rows, "doubles": doubles}
    item.mapping = [answer | {"name": f"{told}/{told}_{answer['name']}"} for answer in item.mapping]
    item.filename, item.added_by = f"{told}.zip", by
    item.save()


def everything(client, path: str, **more) -> tuple[int, bytes]:
    """Headers and bytes of an answer."""
    response = client.get(path, headers={"Tus-Resumable": "1.0.0"}, **more)
    body = b"".join(response)
    return response.status_code, "\n".join(f"{key}: {value}" for key, value in response.items()).encode() + b"\n" + body


def test_the_owner_does_read_the_name(cast, held):
    assert NAMED.search(everything(cast.owner.client, f"/provider/cases/{cast.case.number}/")[1])


@pytest.mark.parametrize("who", ["with_every_grant", "with_no_grant"])
@pytest.mark.once
def test_no_address_below_the_case_holds_the_name(cast, held, who):
    client = getattr(cast, who).client
    read: dict[str, Any] = {}
    for path, name in held.paths("collaborator").items():
        for given in (path, f"{path}?after=0"):
            status, found = everything(client, given)
            read[name] = max(read.get(name, 0), status == 200)
            assert not NAMED.search(found), (given, NAMED.search(found))

    assert sum(read.values()) >= 12
    page = everything(client, reverse("setups:review", args=["collaborator", cast.case.number, 1]))[1].decode()
    plan = re.search(r'<script[^>]*id="setup-plan"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert plan
    assert json.loads(plan[1])


@pytest.mark.parametrize("state", ["matching", "matching, refused", "failed", "built"])
def test_files_that_others_packed_stand_under_neutral_names(cast, held, state):
    """A planner who took the order over goes on with somebody else's ZIP: the match table, its errors, the failure and the history."""
    item, client, told = SetupImport.objects.get(), cast.with_every_grant.client, "_".join(PATIENT)
    failure = {"step": "pack", "file": f"{told}_case_upper_01.stl", "reason": f"{told}_case_upper_01.stl is torn.", "remedy": "Export it."}
    refusal = f"{told}.zip is in no order." if "refused" in state else None
    SetupImport.objects.update(state=state.partition(",")[0], report=item.report | {"failure": failure, "layout_refusal": refusal})
    about = {"import": item.pk, **{key: failure[key] for key in ("file", "reason", "remedy")}}
    activity.record(ImportFailed.of(item.case, None, subject_kind="import", subject_id=item.pk, **about))
    base = f"/collaborator/cases/{item.case.number}/"
    import_at = reverse("lab:import", args=["collaborator", item.case.number, item.pk])
    typed = {"arch-0": "upper", "stage-0": "no number", "answer-3": ""}

    shown = everything(client, import_at)[1].decode()
    shown += client.post(reverse("lab:import_match", args=["collaborator", item.case.number, item.pk]), typed).content.decode()
    shown += client.post(
        reverse("lab:import_match", args=["collaborator", item.case.number, item.pk]), {"answer-3": "leave"}
    ).content.decode()
    zipped = SimpleUploadedFile("mine.zip", b"PK\x05\x06" + bytes(18))
    shown += client.post(
        reverse("lab:import_add", args=["collaborator", item.case.number, item.order_id]), {"file": zipped}
    ).content.decode()
    shown += everything(client, f"{base}history/")[1].decode() + everything(client, base)[1].decode()

    assert not NAMED.search(shown.encode()), NAMED.search(shown.encode())
    assert f"{item.case.number}_001.stl" in shown or state != "matching"
    lab = everything(cast.technician.client, import_at.replace("/collaborator/", "/lab/"))[1]
    assert NAMED.search(lab)


@pytest.mark.parametrize("quoted", ["“{0}_11.stl”", '"meshes/{0}/11.stl"', "„{0}“", "“{0} 11.STL”", "“teeth[3].{0}”"])
def test_a_failure_quotes_no_name_that_the_report_does_not_have(cast, held, quoted):
    """A package asks for a mesh by a name that is in no ZIP; a ZIP has one name twice, once in capitals."""
    item = SetupImport.objects.get()
    pack(item, cast.technician.user)
    reason = f"“teeth[3].mesh” is {quoted.format('_'.join(PATIENT))}, which is no file of the ZIP."
    failure = {"step": "read", "file": "setup.json", "reason": reason, "remedy": "Correct setup.json."}
    SetupImport.objects.update(state="failed", report={"failure": failure})
    address = reverse("lab:import", args=["collaborator", item.case.number, item.pk])

    shown = everything(cast.with_every_grant.client, address)[1]

    assert not NAMED.search(shown), NAMED.search(shown)
    assert "“teeth[3].mesh”" in shown.decode()
    assert NAMED.search(everything(cast.technician.client, address.replace("/collaborator/", "/lab/"))[1])


def test_what_they_packed_themselves_keeps_its_names(cast, held):
    pack(SetupImport.objects.get(), cast.with_every_grant.user)
    address = reverse("lab:import", args=["collaborator", cast.case.number, SetupImport.objects.get().pk])

    assert NAMED.search(everything(cast.with_every_grant.client, address)[1])


def test_a_mention_and_an_event_name_the_person_and_never_the_patient(cast, held):
    """Names of colleagues stay; the patient's stands in no history, no bell and no live update."""
    comment_add(case=Case.objects.get(pk=cast.case.pk), by=cast.owner.actor, body="@Priya Raghunathan, look.", key=new_key(),
                mentions=frozenset({cast.with_every_grant.user.pk}))  # fmt: skip
    jobs.run_all()
    for path in (
        f"/collaborator/cases/{cast.case.number}/history/",
        "/account/bell/",
        "/account/bell/list/",
        "/collaborator/updates?after=0",
    ):
        found = everything(cast.with_every_grant.client, path)[1]
        assert not NAMED.search(found), path
    assert (
        "@Priya Raghunathan" in everything(cast.with_every_grant.client, f"/collaborator/cases/{cast.case.number}/discussion/")[1].decode()
    )


def test_what_people_typed_is_not_altered(cast, held):
    """Said before the switch is set: words are shown as they were written."""
    comment_add(case=Case.objects.get(pk=cast.case.pk), by=cast.owner.actor, body=f"{PATIENT[0]} was here.", key=new_key())
    page = everything(cast.with_every_grant.client, f"/collaborator/cases/{cast.case.number}/discussion/")[1].decode()
    assert f"{PATIENT[0]} was here." in page

    switch = cast.owner.client.get("/account/collaborators/").content.decode()
    about = re.search(r"[^<>]*(?:typed|written)[^<>]*", switch[switch.index("hides_identity") :] if "hides_identity" in switch else switch)
    assert about, "what is not hidden stands beside the switch"


def test_a_list_by_patient_ends_with_them_by_number(cast, held):
    other = PracticeFactory()
    CollaborationFactory(provider=other.provider, person=cast.with_every_grant.user, every_case=True)
    shown = [make_case(other, first_name="Åse", last_name=name).number for name in ("Aa", "Zz")]
    second = make_case(cast.practice, first_name="Aaron", last_name="Aaronsen")
    share(second, cast.with_every_grant.collaboration)
    for sort, open_ones in (("patient", shown), ("-patient", shown[::-1])):
        rows = cast.with_every_grant.client.get("/collaborator/cases/", {"sort": sort}).context["list"].rows
        assert [row.number for row in rows] == [*open_ones, cast.case.number, second.number], sort


@pytest.mark.parametrize("who", ["with_every_grant", "with_no_grant"])
def test_no_list_and_no_search_holds_or_finds_the_name(cast, held, who):
    client = getattr(cast, who).client
    jobs.run_all()
    for path in (
        "/collaborator/cases/", "/collaborator/cases/export.csv", "/collaborator/updates?after=0", "/account/bell/", "/account/bell/list/",
        "/account/collaborations/", "/account/email-notifications/", "/collaborator/orders/add/", "/collaborator/orders/add-retainer/",
    ):  # fmt: skip
        assert not NAMED.search(everything(client, path)[1]), path

    for term in PATIENT:
        found = client.post("/collaborator/cases/", {"term": term}, follow=True).content.decode()
        assert cast.case.number not in found
    assert cast.case.number in client.post("/collaborator/cases/", {"term": cast.case.number}, follow=True).content.decode()


def test_a_retainer_is_not_found_by_the_name(cast, held):
    data = {"provider": cast.practice.provider_id, "find": "1", "words": PATIENT[1]}
    page = cast.with_every_grant.client.post("/collaborator/orders/add-retainer/", data).content.decode()

    assert cast.case.number not in page
    assert PATIENT[0] not in page


def test_no_mail_to_them_holds_the_name(cast, held):
    comment_add(case=Case.objects.get(pk=cast.case.pk), by=cast.owner.actor, body="Look again.", key=new_key())
    case = Case.objects.get(pk=cast.case.pk)
    move(case, "hold", technician=cast.technician.user)
    jobs.run_all()

    theirs = {cast.with_every_grant.user.email, cast.with_no_grant.user.email}
    letters = [whole(letter) for letter in mail.outbox if theirs & set(letter.to)]
    assert letters
    assert not [letter for letter in letters if NAMED.search(letter.encode())]
