"""Installs capture when Django is ready; follows changes of the settings.

All imports of this module are late: not even Django's own models may be imported before, and
``django.setup()`` imports nothing that is only needed later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core import checks
from django.core.signals import setting_changed

TAG = "orm_insight"


class OrmInsightConfig(AppConfig):
    """``"orm_insight"`` in ``INSTALLED_APPS``."""

    name = "orm_insight"
    label = "orm_insight"
    verbose_name = "ORM insight"

    def import_models(self) -> None:
        from orm_insight.recording.setup import install_for_imports

        install_for_imports()
        super().import_models()

    def ready(self) -> None:
        from orm_insight import stores
        from orm_insight.recording import commands
        from orm_insight.recording.setup import apply_settings, install, install_when_imported

        _register_checks()
        install()
        commands.install()
        install_when_imported("django.core.handlers.base", "orm_insight.recording.handlers")
        install_when_imported(
            "django.core.handlers.asgi", "orm_insight.recording.handlers", "install_asgi"
        )
        install_when_imported("django.tasks", "orm_insight.recording.tasks")
        install_when_imported("celery.signals", "orm_insight.recording.celery")
        if apps.is_installed("django.contrib.admin"):
            from orm_insight.dashboard import admin_link

            admin_link.install()
        apply_settings()
        stores.prepare()
        setting_changed.connect(_follow_settings, dispatch_uid="orm_insight_settings")


def _register_checks() -> None:
    """Have Django run the checks, also by ``check --tag orm_insight``."""
    checks.register(check_project, TAG)
    # Every source file is read: too much for each start of the development server.
    checks.register(check_comments, TAG, deploy=True)


def check_project(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Settings, hooks, stores, and how the pieces fit together."""
    from orm_insight.checks import run

    return run(app_configs, **kwargs)


def check_comments(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Comments of the project's source files."""
    from orm_insight.checks import check_comments

    return check_comments(app_configs, **kwargs)


def _follow_settings(*, setting: str, **_: Any) -> None:
    from orm_insight.recording.setup import apply_settings

    if setting in ("ORM_INSIGHT", "DEBUG", "ROOT_URLCONF"):
        apply_settings()
