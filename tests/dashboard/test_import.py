"""Import by form and by script: what is taken, what is refused, and that nothing is half kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

import orm_insight
from orm_insight import insight
from orm_insight.dashboard.exchange import ImportRefusedError, import_trace
from orm_insight.stores.documents import MAX_DOCUMENT_BYTES, to_document
from tests.builders import make_query, make_site, make_trace
from tests.dashboard.kept import HOSTILE, repeated
from tests.dashboard.pages import check_html, elements
from tests.dashboard.reading import badges
from tests.testapp.models import Book


def upload(content: bytes, name: str = "trace.json") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/json")


def send(dashboard, content: bytes):
    """By the form of the page."""
    return dashboard.post("import/", referred_by="import/", file=upload(content))


def imported_id(response) -> str:
    assert response.status_code == 303
    return response.headers["Location"].removeprefix("/_orm/traces/").rstrip("/")


def ids() -> list[str]:
    return [entry.summary.id for entry in insight.listed()]


def test_trace_travels_from_one_project_to_another(dashboard):
    trace = dashboard.keep(*repeated(5))
    before = insight.report(trace.id).to_dict()
    response = dashboard.get(f"traces/{trace.id}/export.json")
    insight.clear()

    id = imported_id(send(dashboard, response.content))

    assert id == trace.id
    assert insight.report(id).to_dict() == before
    assert [each["imported"] for each in dashboard.get("traces.json").json()["traces"]] == [True]
    assert "oi-hint-title" in dashboard.text(f"traces/{id}/")


def test_file_has_a_name_that_is_found_again(dashboard):
    trace = dashboard.keep(name='GET /posts/"\r\nX: ü/')

    names = [
        dashboard.get(f"traces/{trace.id}/{kind}.json").headers["Content-Disposition"]
        for kind in ("export", "chrome")
    ]

    name = f"GET-posts-X-{trace.started_at:%Y%m%d-%H%M%S}"
    assert names == [
        f'attachment; filename="{name}.orm-insight.json"',
        f'attachment; filename="{name}.chrome.json"',
    ]


def test_menu_of_the_trace_leads_to_three_files(dashboard):
    trace = dashboard.keep(make_query())

    links = [
        a.get("href")
        for menu in elements(dashboard.text(f"traces/{trace.id}/"), "details")
        if menu.get("class") == "oi-menu"
        for a in menu.iter("{http://www.w3.org/1999/xhtml}a")
    ]

    assert [link.rpartition("/_orm/traces/")[2] for link in links] == [
        f"{trace.id}/export.json",
        f"{trace.id}/chrome.json",
        f"{trace.id}.json",
    ]
    assert {dashboard.client.get(link).status_code for link in links} == {200}


def test_files_of_a_trace_that_is_gone(dashboard):
    for kind in ("export", "chrome"):
        response = dashboard.get(f"traces/0123/{kind}.json")
        assert response.status_code == 404
        assert "no trace with this id" in response.json()["error"]


def test_import_is_reached_from_the_list_and_from_the_empty_one(dashboard):
    def links() -> list[str]:
        return [a.get("href") for a in elements(dashboard.text("traces/"), "a")]

    assert "/_orm/import/" in links()
    dashboard.keep()
    assert "/_orm/import/" in links()
    assert "Trace file" in dashboard.text("import/")


def test_imported_trace_is_marked_in_the_list_and_on_its_page(dashboard):
    id = imported_id(send(dashboard, to_document(make_trace(make_query()))))

    for path in ("traces/", f"traces/{id}/"):
        assert badges(dashboard.text(path))[0].startswith("imported: Imported from a file ")
    assert dashboard.get(f"traces/{id}.json").json()["trace"]["imported"] is True
    assert f"/_orm/traces/{id}/" in dashboard.text("traces/", q="imported")


def test_id_that_is_taken_stays_with_its_trace(dashboard):
    trace = dashboard.keep(make_query())
    data = to_document(trace)

    id = imported_id(send(dashboard, data))
    again = imported_id(send(dashboard, data))

    assert id != trace.id
    assert again == id
    assert sorted(ids()) == sorted([id, trace.id])
    assert insight.trace(trace.id) is trace
    assert not insight.trace(trace.id).is_imported


@pytest.mark.parametrize("id", ["", "../x", "a/b", "x" * 65, "a b", HOSTILE])
def test_id_that_makes_no_address_is_replaced(dashboard, id):
    found = imported_id(send(dashboard, to_document(make_trace(id=id))))

    assert found.isalnum()
    assert dashboard.text(f"traces/{found}/")


def test_mark_is_set_whatever_the_file_says(dashboard):
    earlier = datetime.now(UTC) - timedelta(days=400)
    data = json.loads(to_document(make_trace(make_query())))
    assert data["trace"]["imported_at"] is None
    data["trace"]["imported_at"] = {"t": earlier.isoformat()}

    id = imported_id(send(dashboard, json.dumps(data).encode()))

    assert datetime.now(UTC) - insight.trace(id).imported_at < timedelta(minutes=5)


def test_trace_of_last_year_stays(dashboard):
    earlier = datetime.now(UTC) - timedelta(days=400)
    id = imported_id(send(dashboard, to_document(make_trace(started_at=earlier))))
    dashboard.keep()

    assert insight.trace(id).started_at == earlier
    assert f"{earlier:%Y-%m-%d}" in dashboard.text(f"traces/{id}/")


def test_script_sends_the_document_itself(dashboard):
    dashboard.get("import/")
    headers = {"x-csrftoken": dashboard.client.cookies["csrftoken"].value}

    def post(data: bytes):
        return dashboard.client.post(
            "/_orm/import/", data, content_type="application/json", headers=headers
        )

    # More than DATA_UPLOAD_MAX_MEMORY_SIZE, which is for forms.
    large = make_trace(*(make_query(f"SELECT {n} -- {'x' * 40_000}") for n in range(100)))
    assert imported_id(post(to_document(large))) == large.id
    refused = post(b"{}")
    assert refused.status_code == 400
    assert "not a trace file" in refused.json()["error"]


def test_import_needs_the_token(dashboard):
    data = to_document(make_trace())

    for kind in ("application/json", "text/plain"):
        response = dashboard.client.post("/_orm/import/", data, content_type=kind)
        assert response.status_code == 403
    assert dashboard.client.post("/_orm/import/", {"file": upload(data)}).status_code == 403
    assert ids() == []


def test_strangers_get_404(dashboard, settings):
    trace = dashboard.keep(make_query())
    settings.INTERNAL_IPS = []
    settings.DEBUG = False
    for path in ("import/", f"traces/{trace.id}/export.json", f"traces/{trace.id}/chrome.json"):
        assert dashboard.get(path).status_code == 404
    assert dashboard.client.post("/_orm/import/").status_code == 404


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty."),
        (b"\x89PNG\r\n", "it contains no text"),
        (HOSTILE.encode(errors="replace"), "not JSON"),
        (b'{"format": "orm-insight-trace", "version": 7}', "newer orm_insight"),
        (b'{"format": "orm-insight-trace", "version": 1, "params": []}', "is damaged"),
        (b" " * (MAX_DOCUMENT_BYTES + 1), "too large"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_refusal_is_the_same_page_with_the_reason(dashboard, content, reason):
    kept = dashboard.keep(make_query())

    response = send(dashboard, content)

    page = response.content.decode()
    check_html(page)
    assert response.status_code == 400
    assert reason in page
    assert 'type="file"' in page
    assert ids() == [kept.id]


def test_form_without_a_file(dashboard):
    response = dashboard.post("import/", referred_by="import/")

    assert response.status_code == 400
    assert "No file was chosen" in response.content.decode()


def test_report_and_chrome_trace_are_told_from_a_trace_file(dashboard):
    trace = dashboard.keep(*repeated(3))

    for path, what in ((".json", "report"), ("/chrome.json", "Chrome")):
        response = send(dashboard, dashboard.get(f"traces/{trace.id}{path}").content)
        assert response.status_code == 400
        assert what in response.content.decode()


def test_trace_larger_than_the_store_is_refused(dashboard, settings):
    data = to_document(make_trace(make_query(f"SELECT '{'x' * 200_000}'")))
    settings.ORM_INSIGHT = {"MAX_BYTES": 100_000}
    kept = dashboard.keep()

    with pytest.raises(ImportRefusedError, match="MAX_BYTES"):
        import_trace(data)
    assert ids() == [kept.id]


def test_hostile_text_is_escaped(dashboard):
    trace = make_trace(
        make_query(HOSTILE, params=(HOSTILE,), error=HOSTILE, site=make_site(HOSTILE)),
        name=HOSTILE,
        path=HOSTILE,
        view=HOSTILE,
        error=HOSTILE,
        host=HOSTILE,
        tags={HOSTILE: HOSTILE},
    )
    id = imported_id(send(dashboard, to_document(trace)))

    for path in ("", f"traces/{id}/", f"traces/{id}/queries/0/"):
        assert HOSTILE not in dashboard.text(path)
    assert dashboard.get(f"traces/{id}/chrome.json").status_code == 200


def test_imported_trace_is_not_among_the_problems_of_this_project(dashboard):
    id = imported_id(send(dashboard, to_document(make_trace(*repeated(9)))))

    assert insight.report(id).hints
    found = dashboard.get("problems.json").json()
    assert (found["problems"], found["analysed"]) == ([], 0)
    assert "Without 1 imported trace" in dashboard.text("problems/")
    assert "/_orm/problems/#p-" not in dashboard.text(f"traces/{id}/")


@pytest.mark.django_db
def test_parameters_withheld_stay_withheld(dashboard, settings):
    settings.ORM_INSIGHT = {"REDACT_PARAMS": True}
    with orm_insight.capture("books") as block:
        list(Book.objects.filter(title="xylophone"))
    response = dashboard.get(f"traces/{block.id}/export.json")

    assert b"xylophone" not in response.content
    id = imported_id(send(dashboard, response.content))
    assert "withheld" in dashboard.text(f"traces/{id}/queries/0/")
