"""What operations can turn off for everybody."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class PlatformSwitch(models.Model):
    """One row per thing that can be stopped everywhere; a missing row means it runs.

    The sender's own statements read this table, so a switch holds for every dispatcher on every host at once.
    """

    class Key(models.TextChoices):
        SENDING = "sending", "Sending mail"

    key = models.CharField(max_length=20, choices=Key, unique=True)
    is_off = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField()
    # Empty when the product itself turned it off (a brake, a restored database).
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name_plural = "platform switches"
        constraints = [
            models.CheckConstraint(
                condition=Q(is_off=False) | ~Q(reason=""), name="accounts_platformswitch_says_why"
            )
        ]

    def __str__(self) -> str:
        """Return what it stops and whether it does."""
        return f"{self.get_key_display()}: {'off' if self.is_off else 'on'}"
