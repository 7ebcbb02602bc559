"""python -m bench.staged_case ZIP: into the demonstration that MIDLINE_DATA names, a case whose version 1 was imported from this ZIP.

By the product's own services and jobs, the child process included, as a technician would. Prints {"path", "worker_cpu_s"}: where the
provider reviews it, and what both jobs cost (children included).
"""

import json
import os
import sys
from decimal import Decimal
from pathlib import Path

import django


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from demo.portal.story import key
    from midline.cases import services as cases
    from midline.cases.models import Case, CaseType, Order
    from midline.core.workspace import Workspace
    from midline.jobs.services import run_one
    from midline.people.models import User
    from midline.people.policies import Actor
    from midline.practices.models import Practice
    from midline.setups import services as setups
    from midline.setups.models import SetupImport, SetupVersion

    practice = Practice.objects.filter(provider__person__email="provider@demo.example").select_related("provider__person").order_by("pk")[0]
    provider = Actor(practice.provider.person, Workspace.PROVIDER, practice.provider.pk)
    technician = Actor(User.objects.get(email="lab@demo.example"), Workspace.LAB)
    order = cases.case_begin(practice=practice, kind=CaseType.ALIGNER, by=provider, key=key("bench"), values={"arches": "both"})
    cases.patient_save(case=order.case, by=provider, first_name="Bench", last_name="Twenty", sex="")
    for event, by in (("submit", provider), ("take", technician)):
        cases.order_move(order=Order.objects.get(pk=order.pk), event=event, by=by)
    archive = Path(sys.argv[1])
    with archive.open("rb") as source:
        item = setups.import_begin(order=Order.objects.get(pk=order.pk), by=technician, source=source, filename=archive.name)
    before = os.times()
    run_one(["setups.read"])
    item = SetupImport.objects.get(pk=item.pk)
    mapping = [{name: row[name] for name in ("name", "arch", "stage")} for row in item.report["files"]]
    setups.import_map(item=item, mapping=mapping, by=technician)
    run_one(["setups.build"])
    after = os.times()
    version = SetupVersion.objects.get(pk=SetupImport.objects.get(pk=item.pk).version_id or 0)
    numbers = {part.key: part.fdi for part in version.parts.filter(kind="tooth")}
    setups.teeth_confirm(version=version, numbers=numbers, by=technician)
    setups.plan_write(
        version=SetupVersion.objects.get(pk=version.pk),
        by=technician,
        iprs=[setups.IprRow(21, 22, Decimal("0.15"), 9), setups.IprRow(32, 31, Decimal("0.20"), 7)],
        attachments=[setups.AttachmentRow(tooth, "buccal", "Ellipsoid", "3.5 × 2 mm", 3, 20) for tooth in (13, 23, 33, 43)],
        wear_schedule="14 days a stage, 22 hours a day",
        notes="Space is gained before the front teeth turn.",
    )
    setups.version_publish(version=SetupVersion.objects.get(pk=version.pk), by=technician)
    number = Case.objects.get(pk=order.case_id).number
    print(json.dumps({"path": f"/provider/cases/{number}/setups/1/", "worker_cpu_s": round(sum(after[:4]) - sum(before[:4]), 2)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
