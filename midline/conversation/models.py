"""The conversation of a case between provider and collaborators; change requests, which reach the lab once sent."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from midline.cases.models import Case


class Comment(models.Model):
    class Kind(models.TextChoices):
        COMMENT = "comment", _("Comment")
        PUSH_BACK = "push_back", _("Pushed back")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="comments", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    workspace = models.CharField(max_length=12)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.COMMENT)
    version = models.PositiveIntegerField(null=True)
    reply_to = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="replies")
    body = models.TextField(max_length=8000)
    at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    key = models.UUIDField(unique=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["case", "id"], name="comment_case")]

    def __str__(self) -> str:
        return f"Comment {self.pk}"


class CommentEdit(models.Model):
    """What a comment said before its author changed it: who reads the comment reads this too. Gone when the comment is taken back.

    files: what the files beside it were called, where this change added or removed some. key: of the form that made it.
    """

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="edits")
    body = models.TextField(max_length=8000)
    files = models.JSONField(null=True)
    key = models.UUIDField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["comment", "key"], name="one_change_of_a_comment_per_form")]

    def __str__(self) -> str:
        return f"Words of comment {self.comment_id} until {self.at}"


class CommentFile(models.Model):
    """A file beside a comment: a picture, written anew without location and comments, or a PDF as it came.

    key names what is shown, thumb_key a small picture; a PDF has none. filename is what the author called it: it may name the patient.
    """

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="files")
    position = models.PositiveSmallIntegerField(default=0)
    filename = models.CharField(max_length=200)
    content_type = models.CharField(max_length=80)
    size = models.BigIntegerField()
    key = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    thumb_key = models.CharField(max_length=80, blank=True)
    thumb_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"File {self.pk} of comment {self.comment_id}"

    @property
    def is_picture(self) -> bool:
        return self.content_type.startswith("image/")


class Pin(models.Model):
    """Where a comment stands on a model: part, point and normal in the part's own frame (mm), stage, and the view it was made in.

    view: the name of a view, where the camera stood in one; camera: the viewer's own words for the direction, zoom and arches else.
    """

    comment = models.OneToOneField(Comment, on_delete=models.CASCADE, related_name="pin")
    version = models.PositiveIntegerField()
    part = models.CharField(max_length=24)
    tooth = models.PositiveSmallIntegerField(null=True)
    point = models.JSONField()
    normal = models.JSONField()
    stage = models.PositiveIntegerField()
    view = models.CharField(max_length=8, blank=True)
    camera = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"Pin {self.pk}"

    @property
    def view_words(self) -> str:
        """From where it was seen, inside a label; empty where the view has no name."""
        words = {
            "front": pgettext("seen from", "front"),
            "right": pgettext("seen from", "right"),
            "left": pgettext("seen from", "left"),
            "upper": pgettext("seen from", "upper"),
            "lower": pgettext("seen from", "lower"),
        }
        return words.get(self.view, "")


class ReadUpTo(models.Model):
    """The newest comment of a case that a person has seen."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+", db_index=False)
    comment_id = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "person"], name="one_reading_mark_per_person_and_case")]

    def __str__(self) -> str:
        return f"Read up to {self.comment_id}"


class ChangeRequest(models.Model):
    """What somebody wants changed on one version.

    Proposed, it is between provider and collaborators; sent, it is the decline and the lab's work list.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        SENT = "sent", _("Sent to the lab")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="change_requests")
    version = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    workspace = models.CharField(max_length=12)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    words = models.TextField(blank=True, max_length=4000)
    at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    key = models.UUIDField(unique=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["case", "version", "state"], name="changerequest_version")]
        constraints = [models.CheckConstraint(condition=~Q(state="sent") | Q(sent_at__isnull=False), name="sent_requests_say_when")]

    def __str__(self) -> str:
        return f"Change request {self.pk}"

    @property
    def lines_total(self) -> int:
        """How many lines it has; 0 where it is words alone. Read with `items` fetched along."""
        return len(self.items.all())

    @property
    def lines_answered(self) -> int:
        return sum(1 for item in self.items.all() if item.answer)


class ChangeItem(models.Model):
    """One line: tooth (FDI), movement, amount, words; and the lab's answer.

    tooth_b: the second tooth of an IPR contact; stage: the stage before which it is wanted; pin: the place on the model it speaks of.
    """

    class Movement(models.TextChoices):
        MESIAL = "mesial", _("Mesial")
        DISTAL = "distal", _("Distal")
        BUCCAL = "buccal", _("Buccal")
        LINGUAL = "lingual", _("Lingual")
        EXTRUDE = "extrude", _("Extrude")
        INTRUDE = "intrude", _("Intrude")
        ROTATE_MESIAL = "rotate_mesial", _("Rotate mesial side in")
        ROTATE_DISTAL = "rotate_distal", _("Rotate distal side in")
        TIP_MESIAL = "tip_mesial", _("Tip mesially")
        TIP_DISTAL = "tip_distal", _("Tip distally")
        TORQUE_BUCCAL = "torque_buccal", _("Torque crown buccally")
        TORQUE_LINGUAL = "torque_lingual", _("Torque crown lingually")
        IPR = "ipr", _("IPR")
        ATTACHMENT = "attachment", _("Attachment")
        OTHER = "other", _("Other")

        @property
        def unit(self) -> str:
            """mm or °; empty where no amount makes sense."""
            if self.value.startswith(("rotate", "tip", "torque")):
                return "°"
            return "" if self.value in {"attachment", "other"} else "mm"

        def at_stage(self, stage: int) -> str:
            """IPR is due before a stage, an attachment goes on from one; a movement is seen at one."""
            words = {"ipr": gettext("before stage %(n)s"), "attachment": gettext("from stage %(n)s")}
            return words.get(self.value, gettext("at stage %(n)s")) % {"n": stage}

    class Answer(models.TextChoices):
        OPEN = "", _("Open")
        DONE = "done", _("Done")
        NOT_POSSIBLE = "not_possible", _("Not possible")

    request = models.ForeignKey(ChangeRequest, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField(default=0)
    tooth = models.PositiveSmallIntegerField(null=True)
    tooth_b = models.PositiveSmallIntegerField(null=True)
    stage = models.PositiveSmallIntegerField(null=True)
    pin = models.ForeignKey(Pin, on_delete=models.SET_NULL, null=True, related_name="+")
    movement = models.CharField(max_length=16, choices=Movement.choices, default=Movement.OTHER)
    amount = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    words = models.CharField(max_length=500, blank=True)
    answer = models.CharField(max_length=14, choices=Answer.choices, blank=True)
    answer_words = models.CharField(max_length=500, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"Change item {self.pk}"

    @property
    def movement_unit(self) -> str:
        return self.Movement(self.movement).unit

    @property
    def stage_words(self) -> str:
        """What the stage means here: "before stage 6"; empty where none is named."""
        return self.Movement(self.movement).at_stage(self.stage) if self.stage is not None else ""
