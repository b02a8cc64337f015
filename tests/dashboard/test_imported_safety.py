"""Content that came in a file is never run and leads to no file: pages, JSON, spans."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import connection

import orm_insight
from orm_insight import insight
from orm_insight.dashboard.exchange import ImportRefusedError, import_trace
from orm_insight.explain.base import NOT_RUN_HERE
from orm_insight.model.provenance import Construction, Relation, RelationLoad, ResultSet
from orm_insight.stores.documents import to_document
from orm_insight.ui.source import Sources
from tests.browser import expect
from tests.builders import make_frame, make_query, make_site, make_trace
from tests.dashboard.kept import repeated
from tests.dashboard.pages import elements
from tests.dashboard.reading import path_of
from tests.stores.traces import places_of, with_changed_place
from tests.testapp.factories import make_library
from tests.testapp.models import Book

SECRET = "the_text_of_a_file_that_was_never_asked_for"
IMPORTED_NOTE = "its source files are not read"


@pytest.fixture
def outside(tmp_path):
    """A file that a trace may name. Any of its lines would be shown, silenced or patched."""
    file = tmp_path / "outside.py"
    file.write_text(f"books = Book.objects.all()  # {SECRET}  # orm-insight: ignore[ORM101]\n" * 30)
    return str(file)


def author_loads(file: str):
    """Books that load their author row by row: a hint with a diff."""
    site = make_site(file, 2, column=8, end_line=2, end_column=26)
    source = ResultSet(number=1, model="testapp.Book", site=site, rows=4)
    author = Relation(
        model="testapp.Book",
        name="author",
        query_name="author",
        kind="forward",
        related_model="testapp.Person",
    )
    return [
        make_query(
            'SELECT "id" FROM "testapp_person" WHERE "id" = %s',
            params=(n,),
            site=make_site(file, 3),
            frames=(make_frame(file, 3), make_frame(file, 4)),
            parent=n + 1,
            started_ms=n * 10.0,
            construction=Construction(
                model="testapp.Person",
                site=site,
                load=RelationLoad(source=source, relation=author),
            ),
        )
        for n in range(4)
    ]


@pytest.fixture
def foreign(dashboard, outside):
    """An imported trace that names the file; recorded in the future, so that it is unchanged."""
    later = datetime.now(UTC) + timedelta(hours=1)
    trace = make_trace(*author_loads(outside), id="foreign", started_at=later)
    import_trace(to_document(trace))
    return insight.trace("foreign")


def pages_of(dashboard, trace) -> dict[str, str]:
    paths = [
        f"traces/{trace.id}/",
        f"traces/{trace.id}.json",
        f"traces/{trace.id}/queries/",
        f"traces/{trace.id}/groups/",
        f"traces/{trace.id}/queries/0/",
        f"traces/{trace.id}/queries/0/?fragment=1",
        path_of(trace),
        path_of(trace).rstrip("/") + ".json",
        f"traces/{trace.id}/chrome.json",
        f"traces/{trace.id}/export.json",
        "problems/",
        "problems.json",
        "",
    ]
    return {path: dashboard.get(path).content.decode() for path in paths}


def test_no_file_that_it_names_is_read(dashboard, foreign, outside):
    assert insight.report(foreign.id).hints
    for path, text in pages_of(dashboard, foreign).items():
        assert SECRET not in text, path

    page = dashboard.text(f"traces/{foreign.id}/queries/0/")
    assert IMPORTED_NOTE in page
    assert "No diff: this trace was imported" in dashboard.text(path_of(foreign))
    sources = Sources(foreign)
    assert (sources.unchanged_text(outside), sources.is_changed(outside)) == (None, False)


def test_the_same_trace_recorded_here_shows_the_file(dashboard, foreign):
    """So that the test above can fail: here the comment silences, there the lines are shown."""
    dashboard.keep(id="own", queries=foreign.queries, started_at=foreign.started_at)

    assert [entry.hint.code for entry in insight.report("own").silenced] == ["ORM101"]
    assert SECRET in dashboard.text("traces/own/queries/0/")


def test_missing_file_looks_like_one_that_is_there(dashboard, foreign, outside):
    """Nobody finds out by a file which paths there are."""
    import_trace(to_document(make_trace(*author_loads(f"{outside}.missing"), id="missing")))

    pages = [dashboard.text(f"traces/{id}/queries/0/") for id in (foreign.id, "missing")]
    assert all(IMPORTED_NOTE in page and "does not exist" not in page for page in pages)


def explain_buttons(text: str) -> list[str]:
    return [b.text for b in elements(text, "button") if "xplain" in (b.text or "")]


@pytest.fixture
def sent(dashboard, alias):
    """A real query of this very project, exported and imported again."""
    make_library(alias, books=2)
    with orm_insight.capture("books") as block:
        list(Book.objects.using(alias).order_by("title"))
    insight.clear()
    return import_trace(to_document(block.finished()))


@pytest.mark.django_db(databases="__all__")
@pytest.mark.parametrize("data", [{"analyze": "1"}, {}, {"try": "x"}], ids=str)
def test_its_statements_are_never_run(dashboard, sent, data):
    path = f"traces/{sent.id}/queries/0/"

    page = dashboard.post(f"{path}explain/", referred_by="import/", **data)
    fragment = dashboard.post(f"{path}explain/?fragment=1", referred_by="import/", **data)
    as_json = dashboard.post(f"{path}explain/?format=json", referred_by="import/", **data)

    for response in (page, fragment):
        assert NOT_RUN_HERE in response.content.decode()
        assert "oi-plan-tree" not in response.content.decode()
    assert (as_json.status_code, as_json.json()["error"]) == (422, NOT_RUN_HERE)
    assert insight.plans_of(sent.id) == {}
    assert dashboard.get(f"{path}plan.json").status_code == 404


@pytest.mark.django_db(databases="__all__")
def test_nothing_reaches_the_database(dashboard, sent, django_assert_num_queries):
    with django_assert_num_queries(0, connection=connection):
        explanation = insight.explain(sent.id, 0, analyze=True)
        dashboard.get(f"traces/{sent.id}/queries/0/")
    assert explanation.error == NOT_RUN_HERE


def test_there_is_no_button_to_explain(dashboard, foreign):
    own = dashboard.keep(*author_loads("/app/views.py"))

    for path in ("traces/{}/queries/0/", "traces/{}/queries/0/?fragment=1"):
        assert explain_buttons(dashboard.get(path.format(own.id)).content.decode())
        text = dashboard.get(path.format(foreign.id)).content.decode()
        assert explain_buttons(text) == []
        assert NOT_RUN_HERE in text
    assert explain_buttons(dashboard.text(path_of(own)))
    assert explain_buttons(dashboard.text(path_of(foreign))) == []


@pytest.mark.django_db
def test_plan_of_another_trace_is_not_shown_as_its_own(dashboard, settings):
    """A plan is remembered by the id of its trace, longer than the trace is."""
    settings.DEBUG = True
    vendor = connection.vendor
    own = dashboard.keep(make_query("SELECT 1", vendor=vendor), id="own")
    insight.explain(own.id, 0, analyze=False)
    insight.store().clear()
    assert insight.plans_of("own")

    imported = import_trace(to_document(make_trace(make_query("SELECT 2"), id="own")))

    assert imported.id != "own"
    assert insight.plan_of(imported.id, 0) is None


@pytest.mark.parametrize("seed", range(8))
def test_pages_survive_whatever_is_let_in(dashboard, seed):
    random, let_in = Random(seed), 0
    sent = make_trace(*author_loads("/x/views.py"), *repeated(3))
    document = json.loads(to_document(sent))
    places = list(places_of(document))
    while let_in < 3:
        leaf = random.choice([None, True, 2**62, "", "\x00\ud800", {"o": 0}, {"n": "sNaN"}])
        changed = with_changed_place(document, random.choice(places), leaf)
        try:
            trace = import_trace(json.dumps(changed).encode())
        except ImportRefusedError:
            continue
        let_in += 1
        paths = ["", f"traces/{trace.id}/", f"traces/{trace.id}/chrome.json"]
        paths += [path_of(trace)] if insight.report_of(trace).hints else []
        assert {path: dashboard.get(path).status_code for path in paths} == dict.fromkeys(
            paths, 200
        )
    assert insight.status().faults == {}


def test_form_works_without_scripts(site, foreign, browser, tmp_path):
    file = tmp_path / "colleague.json"
    file.write_bytes(to_document(make_trace(make_query(), id="sent", path="/sent/")))
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(site.url("traces/"))
        page.get_by_role("link", name="Import").click()
        page.get_by_label("Trace file").set_input_files(str(file))
        page.get_by_role("button", name="Import").click()

        expect(page.locator("h1")).to_contain_text("/sent/")
        expect(page.get_by_text("imported", exact=False).first).to_be_visible()
        page.get_by_text("Export", exact=True).click()
        with page.expect_download() as saved:
            page.get_by_role("link", name="Trace file").click()
        assert saved.value.suggested_filename.endswith(".orm-insight.json")
    finally:
        context.close()
