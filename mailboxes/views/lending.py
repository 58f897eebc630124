"""A mailbox lent by operations: what it means, what is missing, and agreeing to it."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.decorators import owner_required
from accounts.http import MemberRequest, toast
from mailboxes import lending


@require_http_methods(["GET", "POST"])
@owner_required
def loan_agree(request: MemberRequest) -> HttpResponse:
    """Show the offer with everything that stands in its way; POST with `agree` lets it begin, with `back` ends it."""
    loan, now = lending.open_loan(request.workspace), timezone.now()
    problem = ""
    if request.method == "POST" and loan is not None and "back" in request.POST:
        lending.give_back(loan, request.user, now=now)
        toast(request, f"{loan.address} is given back")
        return redirect("mailboxes:mailbox-list")
    if request.method == "POST" and loan is not None:
        if request.POST.get("agree") != "yes":
            problem = "Tick the box to say that you agree."
        else:
            try:
                mailbox = lending.agree(loan, request.user, now=now)
            except lending.LoanRefusedError as error:
                problem = str(error)
            else:
                toast(request, f"{mailbox} is yours to use and starts with a few mails a day")
                return redirect("mailboxes:mailbox-list")
    is_open = loan is not None and loan.agreed_at is None
    context = {
        "loan": loan,
        "obstacles": lending.obstacles_of(loan, request.user, now=now) if is_open and loan else [],
        "own": lending.own_mailbox_of(loan) if loan and not is_open else None,
        "problem": problem,
    }
    return render(request, "mailboxes/loan_agree.html", context, status=422 if problem else 200)
