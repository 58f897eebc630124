"""Addresses of accounts; log-in and sign-up are allauth's (config.urls)."""

from django.urls import path

from accounts.views import members, settings, tasks

app_name = "accounts"

urlpatterns = [
    path("settings/", settings.settings, name="settings"),
    path("settings/workspace/", settings.workspace_edit, name="workspace-edit"),
    path("settings/workspace/pause/", settings.sending_pause, name="sending-pause"),
    path("settings/workspace/resume/", settings.sending_resume, name="sending-resume"),
    path("settings/members/", members.member_list, name="member-list"),
    path("settings/members/<int:pk>/", members.member_change, name="member-change"),
    path("invitations/<uuid:pk>/", members.invitation_accept, name="invitation-accept"),
    path(
        "invitations/<uuid:pk>/withdraw/", members.invitation_withdraw, name="invitation-withdraw"
    ),
    path("workspaces/switch/", members.workspace_switch, name="workspace-switch"),
    path("preferences/", settings.preferences_edit, name="preferences-edit"),
    path("theme/", settings.theme_set, name="theme-set"),
    path("tasks/", tasks.task_list, name="task-list"),
    path("tasks/<uuid:pk>/", tasks.task_detail, name="task-detail"),
]
