"""Addresses of jobs."""

from django.urls import path

from jobs.views import importing, openings, profile, resumes

app_name = "jobs"

urlpatterns = [
    path("jobs/", openings.job_list, name="job-list"),
    path("jobs/import/", importing.job_import, name="job-import"),
    path("jobs/new/", importing.job_new, name="job-new"),
    path("jobs/<uuid:pk>/", openings.job_detail, name="job-detail"),
    path("jobs/<uuid:pk>/save/", openings.job_save, name="job-save"),
    path("jobs/<uuid:pk>/hide/", openings.job_hide, name="job-hide"),
    path("jobs/<uuid:pk>/unhide/", openings.job_unhide, name="job-unhide"),
    path("sources/", importing.source_list, name="source-list"),
    path("sources/<uuid:pk>/read/", importing.source_read, name="source-read"),
    path("sources/<uuid:pk>/pause/", importing.source_pause, name="source-pause"),
    path("resumes/", resumes.resume_list, name="resume-list"),
    path("resumes/<uuid:pk>/file/", resumes.resume_file, name="resume-file"),
    path("resumes/<uuid:pk>/retry/", resumes.resume_retry, name="resume-retry"),
    path("resumes/<uuid:pk>/primary/", resumes.resume_make_primary, name="resume-make-primary"),
    path("resumes/<uuid:pk>/delete/", resumes.resume_delete, name="resume-delete"),
    path("resumes/<uuid:pk>/restore/", resumes.resume_restore, name="resume-restore"),
    path("profile/", profile.profile_detail, name="profile-detail"),
    path("profile/person/", profile.person_edit, name="person-edit"),
    path("profile/facts/add/", profile.fact_add, name="fact-add"),
    path("profile/facts/<uuid:pk>/", profile.fact_row, name="fact-row"),
    path("profile/facts/<uuid:pk>/edit/", profile.fact_edit, name="fact-edit"),
    path("profile/facts/<uuid:pk>/delete/", profile.fact_delete, name="fact-delete"),
    path("profile/facts/<uuid:pk>/restore/", profile.fact_restore, name="fact-restore"),
]
