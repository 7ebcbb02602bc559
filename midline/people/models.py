"""A person: one e-mail address, one sign-in, whatever the roles."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=User.plain_address(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=User.plain_address(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Roles follow from other rows (a Provider, a live Collaboration); technician and administrator stand here."""

    class Findable(models.TextChoices):
        EXACT = "exact", _("People who type my whole address see my name")
        NOBODY = "nobody", _("Nobody finds me")

    class Numbering(models.TextChoices):
        FDI = "fdi", _("FDI (ISO 3950)")
        UNIVERSAL = "universal", _("Universal")
        PALMER = "palmer", _("Palmer")

    class Theme(models.TextChoices):
        SYSTEM = "system", _("System")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    is_technician = models.BooleanField(default=False)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    findable = models.CharField(max_length=8, choices=Findable.choices, default=Findable.EXACT)
    numbering = models.CharField(max_length=10, choices=Numbering.choices, default=Numbering.FDI)
    language = models.CharField(max_length=8, default="en")
    theme = models.CharField(max_length=8, choices=Theme.choices, default=Theme.SYSTEM)
    single_keys = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="addresses_are_stored_in_lower_case"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.email = self.plain_address(self.email)
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @staticmethod
    def plain_address(email: str) -> str:
        """The one spelling under which an address is kept and looked up."""
        return email.strip().lower()

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def initials(self) -> str:
        return ((self.first_name[:1] + self.last_name[:1]) or self.email[:2]).upper()

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.first_name or self.email
