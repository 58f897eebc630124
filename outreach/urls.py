"""Addresses of outreach."""

from django.urls import path

from outreach.views import (
    application_parts,
    applications,
    contact_imports,
    contacts,
    outbox,
    package_parts,
    packages,
    pipeline,
    replies,
    today,
    unsubscribing,
)

app_name = "outreach"

urlpatterns = [
    path("today/", today.today, name="today"),
    path("pipeline/", pipeline.pipeline, name="pipeline"),
    path("pipeline/export/", pipeline.pipeline_export, name="pipeline-export"),
    path("applications/<uuid:pk>/", applications.application_detail, name="application-detail"),
    path("applications/<uuid:pk>/move/", pipeline.application_move, name="application-move"),
    path(
        "applications/<uuid:pk>/move/undo/",
        pipeline.application_move_undo,
        name="application-move-undo",
    ),
    path("applications/<uuid:pk>/notes/", applications.application_notes, name="application-notes"),
    path("applications/<uuid:pk>/next/", applications.application_next, name="application-next"),
    path(
        "applications/<uuid:pk>/documents/<uuid:document>/",
        applications.application_document,
        name="application-document",
    ),
    path(
        "applications/<uuid:pk>/interviews/",
        application_parts.interview_add,
        name="interview-add",
    ),
    path(
        "applications/<uuid:pk>/interviews/<slug:interview>/remove/",
        application_parts.interview_remove,
        name="interview-remove",
    ),
    path(
        "applications/<uuid:pk>/interviews/<slug:interview>/restore/",
        application_parts.interview_restore,
        name="interview-restore",
    ),
    path(
        "applications/<uuid:pk>/interviews/<slug:interview>.ics",
        application_parts.interview_calendar,
        name="interview-calendar",
    ),
    path("enrollments/<uuid:pk>/stop/", application_parts.enrollment_stop, name="enrollment-stop"),
    path(
        "enrollments/<uuid:pk>/unstop/",
        application_parts.enrollment_unstop,
        name="enrollment-unstop",
    ),
    path(
        "enrollments/<uuid:pk>/resume/",
        application_parts.enrollment_resume,
        name="enrollment-resume",
    ),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/<uuid:pk>/", outbox.outbox_message, name="outbox-message"),
    path("outbox/<uuid:pk>/cancel/", outbox.message_cancel, name="message-cancel"),
    path("outbox/<uuid:pk>/restore/", outbox.message_restore, name="message-restore"),
    path("outbox/<uuid:pk>/later/", outbox.message_later, name="message-later"),
    path("replies/<uuid:pk>/", replies.reply_detail, name="reply-detail"),
    path("replies/<uuid:pk>/handle/", replies.reply_handle, name="reply-handle"),
    path("replies/<uuid:pk>/unhandle/", replies.reply_unhandle, name="reply-unhandle"),
    path("replies/<uuid:pk>/classify/", replies.reply_classify, name="reply-classify"),
    path("replies/<uuid:pk>/undo/", replies.reply_undo, name="reply-undo"),
    path("jobs/<uuid:pk>/ferry/", packages.job_ferry, name="job-ferry"),
    path("packages/", packages.package_list, name="package-list"),
    path("packages/<uuid:pk>/", packages.package_detail, name="package-detail"),
    path("packages/<uuid:pk>/progress/", packages.package_progress, name="package-progress"),
    path(
        "packages/<uuid:pk>/steps/<slug:key>/",
        packages.package_step_retry,
        name="package-step-retry",
    ),
    path("packages/<uuid:pk>/approve/", packages.package_approve, name="package-approve"),
    path("packages/<uuid:pk>/undo/", packages.package_undo, name="package-undo"),
    path("packages/<uuid:pk>/discard/", packages.package_discard, name="package-discard"),
    path("packages/<uuid:pk>/restore/", packages.package_restore, name="package-restore"),
    path(
        "packages/<uuid:pk>/resume/<int:number>/",
        package_parts.resume_piece,
        name="package-piece",
    ),
    path("packages/<uuid:pk>/letter/", package_parts.letter_edit, name="package-letter"),
    path(
        "packages/<uuid:pk>/revert/<slug:kind>/",
        package_parts.document_revert,
        name="package-revert",
    ),
    path("packages/<uuid:pk>/people/", package_parts.contacts_choose, name="package-people"),
    path(
        "packages/<uuid:pk>/people/add/",
        package_parts.contact_add_inline,
        name="package-person-add",
    ),
    path(
        "packages/<uuid:pk>/mails/<uuid:mail_pk>/",
        package_parts.mail_edit,
        name="package-mail",
    ),
    path(
        "packages/<uuid:pk>/mails/<uuid:mail_pk>/preview/",
        package_parts.mail_preview,
        name="package-preview",
    ),
    path("contacts/", contacts.contact_list, name="contact-list"),
    path("contacts/add/", contacts.contact_add, name="contact-add"),
    path("contacts/export/", contacts.contact_export, name="contact-export"),
    path("contacts/import/", contact_imports.import_upload, name="contact-import"),
    path(
        "contacts/import/<uuid:pk>/", contact_imports.import_preview, name="contact-import-preview"
    ),
    path("contacts/import/<uuid:pk>/run/", contact_imports.import_run, name="contact-import-run"),
    path(
        "contacts/import/<uuid:pk>/errors.csv",
        contact_imports.import_errors,
        name="contact-import-errors",
    ),
    path("contacts/<uuid:pk>/", contacts.contact_detail, name="contact-detail"),
    path("contacts/<uuid:pk>/edit/", contacts.contact_edit, name="contact-edit"),
    path("contacts/<uuid:pk>/verify/", contacts.contact_verify, name="contact-verify"),
    path("contacts/<uuid:pk>/close/", contacts.contact_close, name="contact-close"),
    path("contacts/<uuid:pk>/open/", contacts.contact_open, name="contact-open"),
    path("contacts/<uuid:pk>/delete/", contacts.contact_delete, name="contact-delete"),
    path("contacts/<uuid:pk>/restore/", contacts.contact_restore, name="contact-restore"),
    path("u/<str:token>/", unsubscribing.unsubscribe, name="unsubscribe"),
]
