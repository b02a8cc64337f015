"""The addresses of the dashboard: ``path("_orm/", include("orm_insight.urls"))``."""

from __future__ import annotations

from django.urls import URLPattern, path

from orm_insight.dashboard import views
from orm_insight.dashboard.compare import comparison
from orm_insight.dashboard.exchange import chrome_json, export_json, import_page, plan_json
from orm_insight.dashboard.hints import about, hint, hint_as_text
from orm_insight.dashboard.links import APP_NAME
from orm_insight.dashboard.recording import recording
from orm_insight.dashboard.trace import pin

app_name = APP_NAME
urlpatterns: list[URLPattern] = [
    path("", views.overview, name="overview"),
    path("overview.json", views.overview, name="overview-json"),
    path("traces/", views.traces, name="traces"),
    path("endpoints/", views.ranking, {"name": "endpoints"}, name="endpoints"),
    path("lines/", views.ranking, {"name": "lines"}, name="lines"),
    path("statements/", views.ranking, {"name": "statements"}, name="statements"),
    path("traces.json", views.traces, name="traces-json"),
    path("problems/", views.problems, name="problems"),
    path("problems.json", views.problems, name="problems-json"),
    path("import/", import_page, name="import"),
    path("traces/<str:trace_id>/export.json", export_json, name="export"),
    path("traces/<str:trace_id>/chrome.json", chrome_json, name="chrome"),
    path("traces/<str:trace_id>.json", views.trace, name="trace-json"),
    path("traces/<str:trace_id>/", views.trace, name="trace"),
    path("traces/<str:trace_id>/groups/", views.groups, name="groups"),
    path("traces/<str:trace_id>/pin/", pin, name="pin"),
    path("traces/<str:trace_id>/deep/", views.deep, name="deep"),
    path("traces/<str:trace_id>/hints/<str:problem_id>.json", hint, name="hint-json"),
    path("traces/<str:trace_id>/hints/<str:problem_id>.md", hint_as_text, name="hint-markdown"),
    path("traces/<str:trace_id>/hints/<str:problem_id>/", hint, name="hint"),
    path("traces/<str:trace_id>/queries/", views.queries, name="queries"),
    path("traces/<str:trace_id>/queries/<int:index>/", views.query, name="query"),
    path("traces/<str:trace_id>/queries/<int:index>/explain/", views.explain, name="explain"),
    path("traces/<str:trace_id>/queries/<int:index>/plan.json", plan_json, name="plan-json"),
    path("compare/", comparison, name="compare"),
    path("compare.json", comparison, name="compare-json"),
    path("hints/", about, name="about-all"),
    path("hints/<str:code>/", about, name="about"),
    path("clear/", views.clear, name="clear"),
    path("pause/", views.pause, name="pause"),
    path("resume/", views.resume, name="resume"),
    path("keys/", views.keys, name="keys"),
    path("recording/", recording, name="recording"),
    path("record-me/", views.record_me, name="record-me"),
    path("assets/<str:version>/", views.asset, name="assets"),
    path("assets/<str:version>/<path:name>", views.asset, name="asset"),
]
