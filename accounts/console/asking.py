"""The page between the wish and the deed: what will be done to which rows, and the reason for it."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.console.actions import (
    ROWS_LIMIT,
    Deed,
    ReasonForm,
    StaffAction,
    consequences,
    perform,
)
from accounts.console.requests import caller_address, operator_of

if TYPE_CHECKING:
    from accounts.console.listing import OperationsAdmin
