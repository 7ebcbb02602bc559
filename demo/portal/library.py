"""Models, records and prescriptions of the demo.

The first record of each kind and the three staged setups go through the product's own uploads and imports, one of them as a setup package
with a pontic and an extraction; further cases get copies of the rows, which name the same stored files.
"""

import io
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from django.db.models import Manager

from demo.models.expand import expand_case, scan_stl
from demo.models.package import EXTRACTED, PONTIC, expand_package
from demo.models.photos import photo
from demo.portal.story import Plan, key
from midline.cases.models import Case, Order
from midline.cases.prescription import ALIGNER_DEFAULTS, RETAINER_DEFAULTS
from midline.conversation.models import ChangeItem
from midline.conversation.queries import open_items
from midline.conversation.services import Wanted, item_answer
from midline.core import clock
from midline.jobs.services import run_one
from midline.people.policies import Actor
from midline.records import services as records
from midline.records.models import Record, Slot, Upload
from midline.setups import services as setups
from midline.setups.models import IPR, Attachment, Extraction, Movement, Part, Pontic, SetupImport, SetupVersion, Stage
from midline.setups.services import decisions

AS_PACKAGE: Final = "crossbite"
"""The setup that comes as a setup package; the other two are staged arches."""
SCANS: Final = {Slot.UPPER_SCAN: "upper", Slot.LOWER_SCAN: "lower", Slot.BITE: "bite"}
PHOTOS: Final = tuple(slot for slot in Slot if slot.family == "photo")
COMPLAINTS: Final = (
    "“My upper front teeth overlap.”",
    "“I do not like the gap between my front teeth.”",
    "“My lower teeth have moved since my brace came off.”",
    "“One tooth stands out when I smile.”",
    "“I bite my lip on the left.”",
)
INSTRUCTIONS: Final = (
    "Space for 12 first, then align. No IPR on 11 and 21.",
    "Keep the molars where they are; the bite is stable.",
    "Aligners off for a wedding in June: plan a pause after stage 10.",
    "",
)


class Library:
    """Hands out what the cases of the demo are made of."""

    def __init__(self, technician: Actor) -> None:
        self.technician = technician
        self.masters: list[SetupVersion] = []
        self.templates: dict[str, Record] = {}
        self.copies = 0

    # --- orders -----------------------------------------------------------------------------------------------------

    def prescription(self, plan: Plan, n: int) -> dict[str, Any]:
        """Answers of an order form, different from case to case."""
        if plan.kind == "retainer":
            return RETAINER_DEFAULTS | {"arches": plan.arches, "quantity": 1 + n % 2}
        answers: dict[str, Any] = ALIGNER_DEFAULTS | {"arches": plan.arches, "complaint": COMPLAINTS[n % len(COMPLAINTS)]}
        answers |= {"overbite": ("improve", "correct", "recommended")[n % 3], "midline": ("maintain", "improve")[n % 2]}
        answers |= {"instructions": INSTRUCTIONS[n % len(INSTRUCTIONS)], "tooth_17": ["do_not_move"], "tooth_27": ["do_not_move"]}
        return answers

    def records(self, case: Case, order: Order, by: Actor, *, missing: set[str]) -> None:
        """Scans, photos and a bite for an order, but for what the story says is missing."""
        slots = [slot for slot in (*SCANS, *PHOTOS) if slot.value not in missing]
        if order.kind == "retainer":
            slots = [slot for slot in SCANS if slot.value not in missing]
        present = {}
        for slot in slots:
            template = self.templates.get(slot) or self._uploaded(slot, order, by)
            if template.order_id != order.pk:
                template = self._copied(template, case, order, by)
            present[slot.value] = template.pk
        Order.objects.filter(pk=order.pk).update(records_present=present)

    def _uploaded(self, slot: Slot, order: Order, by: Actor) -> Record:
        content = scan_stl(SCANS[slot]) if slot in SCANS else photo(slot.value)
        name = f"{slot.value}.{'stl' if slot in SCANS else 'jpg'}"
        upload = records.upload_begin(order=order, by=by, filename=name, size=len(content), slot=slot.value)
        records.upload_write(upload=upload, by=by, offset=0, source=io.BytesIO(content))
        run_one(["records.check"])
        upload = Upload.objects.select_related("record").get(pk=upload.pk)
        if upload.record is None:
            raise RuntimeError(f"The demo's own record {name} was not taken: {upload.state} {upload.reason}")
        self.templates[slot] = upload.record
        return upload.record

    def _copied(self, template: Record, case: Case, order: Order, by: Actor) -> Record:
        record = Record.objects.get(pk=template.pk)
        record.pk = None
        record._state.adding = True
        record.case, record.order, record.added_by, record.added_at = case, order, by.user, clock.now()
        record.save()
        return record

    # --- setups -----------------------------------------------------------------------------------------------------

    def publish(self, case: Case, order: Order, plan: Plan) -> None:
        """The technician publishes the next version: imported for the three models of the story, else a copy of one of them."""
        name = f"{plan.model}-v2" if plan.model and case.newest_version else plan.model
        version = self._imported(order, name) if name else self._copy_of(self._next_master(), case, order)
        setups.version_publish(version=version, by=self.technician)

    def _imported(self, order: Order, name: str) -> SetupVersion:
        expand = expand_package if name == AS_PACKAGE else expand_case
        with tempfile.TemporaryDirectory() as folder:
            path = expand(name, Path(folder) / f"{name}.zip")
            with path.open("rb") as source:
                item = setups.import_begin(order=order, by=self.technician, source=source, filename=path.name)
        run_one(["setups.read"])
        item = SetupImport.objects.get(pk=item.pk)
        if item.state == SetupImport.State.MATCHING:
            mapping = [{k: row[k] for k in ("name", "arch", "stage")} for row in item.report.get("files", [])]
            setups.import_map(item=item, mapping=mapping, by=self.technician)
        run_one(["setups.build"])
        item = SetupImport.objects.select_related("version").get(pk=item.pk)
        if item.version is None:
            raise RuntimeError(f"The demo's own setup {name} was not built: {item.state} {item.error}")
        version = item.version
        numbers = {part.key: part.fdi for part in version.parts.filter(kind="tooth")}
        setups.teeth_confirm(version=version, numbers=numbers, by=self.technician)
        version = SetupVersion.objects.get(pk=version.pk)
        self._plan(version, revised=name.endswith("-v2"), gaps=name == AS_PACKAGE)
        version = SetupVersion.objects.get(pk=version.pk)
        self.masters.append(version)
        return version

    def _plan(self, version: SetupVersion, *, revised: bool, gaps: bool) -> None:
        """IPR and attachments such as a lab would plan, within the stages of the version.

        revised: after the change request of the story: less IPR in the lower front and an earlier one at 22, as asked; no attachment on 43,
        as nobody asked. gaps: the package brought a pontic and an extraction.
        """
        upper = max(version.stages_upper, 4)
        iprs = [
            setups.IprRow(12, 11, Decimal("0.20"), min(5, upper)),
            setups.IprRow(21, 22, Decimal("0.15"), min(6 if revised else 9, upper)),
            setups.IprRow(32, 31, Decimal("0.10" if revised else "0.20"), min(7, version.stages_lower)),
        ]
        attachments = [
            setups.AttachmentRow(tooth, "buccal", "Ellipsoid", "3.5 × 2 mm", 3, upper if tooth < 30 else version.stages_lower)
            for tooth in (13, 23, 33, *(() if revised else (43,)))
        ]
        attachments += [setups.AttachmentRow(tooth, "buccal", "Bevelled", "4 × 2 mm", 3, upper - 2) for tooth in (14, 24)]
        notes = f"Space is gained before the front teeth turn. Check the contact 21–22 before stage {6 if revised else 9}."
        if gaps:
            notes = f"{EXTRACTED[0]} cannot be kept. The gap of {PONTIC} stays open for an implant; its pontic is in every aligner."
        setups.plan_write(
            version=version,
            by=self.technician,
            iprs=iprs,
            attachments=attachments,
            wear_schedule="14 days a stage, 22 hours a day",
            notes=notes,
        )

    def _next_master(self) -> SetupVersion:
        self.copies += 1
        return self.masters[self.copies % len(self.masters)]

    def _copy_of(self, master: SetupVersion, case: Case, order: Order) -> SetupVersion:
        version = SetupVersion.objects.get(pk=master.pk)
        version.pk = None
        version._state.adding = True
        version.case, version.order, version.number = case, order, case.newest_version + 1
        version.content_hash, version.published_at, version.published_by, version.made_at = "", None, None, clock.now()
        version.save()
        managers: list[Manager[Any]] = [
            Part.objects, Stage.objects, Movement.objects, IPR.objects, Attachment.objects, Pontic.objects, Extraction.objects,
        ]  # fmt: skip
        for manager in managers:
            rows = list(manager.filter(version=master))
            for row in rows:
                row.pk, row.version_id = None, version.pk
                row._state.adding = True
            manager.bulk_create(rows)
        return version

    # --- decisions --------------------------------------------------------------------------------------------------

    def _newest(self, case: Case) -> SetupVersion:
        return SetupVersion.objects.select_related("case").get(case=case, number=case.newest_version)

    def ready(self, case: Case, by: Actor) -> None:
        version = self._newest(case)
        decisions.setup_mark_ready(version=version, by=by, seen_hash=version.content_hash, key=key("ready", case.pk, by.user_id))

    def approve(self, case: Case, by: Actor) -> None:
        version = self._newest(case)
        decisions.setup_approve(version=version, by=by, seen_hash=version.content_hash, key=key("approve", case.pk))

    def answer(self, case: Case, answers: tuple[str, ...]) -> None:
        """The lab answers the lines it was sent, in their order: "" is done, words say why one is not possible."""
        for item, words in zip(open_items(case).order_by("pk"), answers, strict=False):
            answer = ChangeItem.Answer.NOT_POSSIBLE if words else ChangeItem.Answer.DONE
            item_answer(item=item, answer=answer, words=words, by=self.technician)

    def decline(self, case: Case, by: Actor, wanted: list[Wanted], words: str) -> None:
        version = self._newest(case)
        decisions.setup_decline(
            version=version,
            by=by,
            seen_hash=version.content_hash,
            wanted=wanted,
            words=words,
            ticked=frozenset(),
            key=key("decline", case.pk),
        )
