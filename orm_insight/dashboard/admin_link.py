"""A link to the dashboard in the admin's index and sidebar, for those who may see it.

It looks like an application with one model that may be viewed. The admin's ``get_app_list()`` is
left alone: only the context of its templates gets one more entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.admin.sites import AdminSite
from django.db import models
from django.http import HttpRequest

from orm_insight import faults
from orm_insight.capture.active import paused
from orm_insight.imports import late
from orm_insight.patching import Patches
from orm_insight.recording.requests import APP_NAME, find_address

if TYPE_CHECKING:
    from orm_insight.conf import access
else:
    access = late("orm_insight.conf.access")


TITLE = "ORM insight"


class Dashboard(models.Model):
    """A model without a table, because third-party admin templates expect a model in each row."""

    class Meta:
        abstract = True
        app_label = APP_NAME


def _linking_index(original: Callable[..., Any]) -> Callable[..., Any]:
    def index(site: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Add the entry before the template response is rendered."""
        response = original(site, request, *args, **kwargs)
        _add_entry(getattr(response, "context_data", None), "app_list", request)
        return response

    return index


def _linking_context(original: Callable[..., Any]) -> Callable[..., Any]:
    def each_context(site: Any, request: HttpRequest) -> Any:
        context = original(site, request)
        if context.get("has_permission"):
            _add_entry(context, "available_apps", request)
        return context

    return each_context


_patches = Patches(
    (AdminSite, "index", _linking_index), (AdminSite, "each_context", _linking_context)
)
install, uninstall = _patches.install, _patches.undo


def _add_entry(context: Any, key: str, request: HttpRequest) -> None:
    try:
        if context is None or key not in context:
            return
        with paused():
            address = find_address(request, "overview")
            if address is not None and access.may_see(request):
                context[key] = _with_entry(context[key], address)
    except Exception as error:
        faults.report("add a link to the admin", error)


def _with_entry(applications: Iterable[Any], address: str) -> list[Any]:
    """Return a new list, because the admin may hold on to the other one."""
    row = {
        "model": Dashboard,
        "name": "Dashboard",
        "object_name": "Dashboard",
        "perms": {"add": False, "change": False, "delete": False, "view": True},
        "admin_url": address,
        "add_url": None,
        "view_only": True,
    }
    entry = {
        "name": TITLE,
        "app_label": APP_NAME,
        "app_url": address,
        "has_module_perms": True,
        "models": [row],
    }
    return [*applications, entry]
