"""Who may see traces: for pages, and for responses on their way, which ask no database."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from orm_insight.conf.access import may_see

STRANGER = {"REMOTE_ADDR": "203.0.113.7"}


def allow(request):
    return True


async def allow_async(request):
    return True


async def deny_async(request):
    return False


class AsyncCallable:
    """Calling it gives an awaitable, though it is no coroutine function."""

    async def __call__(self, request):
        return False


@pytest.fixture
def request_(rf: RequestFactory):
    return rf.get("/_orm/")


def test_with_debug_the_toolbars_rule_counts(settings, rf):
    settings.DEBUG = True

    assert may_see(rf.get("/_orm/"))
    assert not may_see(rf.get("/_orm/", **STRANGER))


@pytest.mark.parametrize("rule", [allow, f"{__name__}.allow", allow_async])
def test_with_debug_the_toolbars_own_callback_counts(settings, rf, rule):
    settings.DEBUG = True
    settings.DEBUG_TOOLBAR_CONFIG = {"SHOW_TOOLBAR_CALLBACK": rule}

    assert may_see(rf.get("/_orm/", **STRANGER))


@pytest.mark.parametrize("rule", [deny_async, AsyncCallable(), "tests.no.such.rule"])
def test_what_is_to_be_awaited_or_missing_is_no_yes(settings, request_, rule):
    settings.DEBUG = True
    settings.DEBUG_TOOLBAR_CONFIG = {"SHOW_TOOLBAR_CALLBACK": rule}

    assert not may_see(request_)


def test_request_without_a_user_is_a_strangers(settings, request_):
    settings.DEBUG = False

    assert not may_see(request_)


@pytest.mark.parametrize("debug", [True, False])
def test_own_callback_replaces_both_rules(settings, rf, debug):
    settings.DEBUG = debug
    settings.ORM_INSIGHT = {"SHOW_CALLBACK": lambda request: "open" in request.GET}

    assert may_see(rf.get("/_orm/?open", **STRANGER))
    assert not may_see(rf.get("/_orm/"))
