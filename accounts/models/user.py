"""People who log in."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail address."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user with a hashed password; a missing one leaves the log-in unusable (OAuth users)."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a member of the operations staff with every permission."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """Someone with a log-in; what they may see is decided by their memberships."""

    class Mode(models.TextChoices):
        JOB_SEEKER = "job_seeker", "Job seeker"
        RECRUITER = "recruiter", "Recruiter"

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)
    full_name = models.CharField(max_length=200, blank=True)
    mode = models.CharField(max_length=12, choices=Mode, default=Mode.JOB_SEEKER)
    theme = models.CharField(
        max_length=5, blank=True, choices=[("", "System"), ("light", "Light"), ("dark", "Dark")]
    )
    density = models.CharField(
        max_length=11,
        default="comfortable",
        choices=[("comfortable", "Comfortable"), ("compact", "Compact")],
    )
    shortcuts_on = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_user_email_unique")]

    def __str__(self) -> str:
        """Return the e-mail address."""
        return self.email

    def get_full_name(self) -> str:
        """Return the name, or the address when no name is known."""
        return self.full_name or self.email
