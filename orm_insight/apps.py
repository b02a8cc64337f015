"""Installs capture when Django is ready; follows changes of the settings."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.core.signals import setting_changed


class OrmInsightConfig(AppConfig):
    """``"orm_insight"`` in ``INSTALLED_APPS``."""

    name = "orm_insight"
    label = "orm_insight"
    verbose_name = "ORM insight"

    def import_models(self) -> None:
        # Imported late because not even Django's own models may be imported before.
        from orm_insight.setup import install_for_imports

        install_for_imports()
        super().import_models()

    def ready(self) -> None:
        # Imported late because the hooks need the models of all applications to be loaded.
        from orm_insight import celery_tasks, checks, commands, handlers, tasks
        from orm_insight.keeping import store
        from orm_insight.setup import apply_settings, install

        checks.register()
        install()
        handlers.install()
        commands.install()
        tasks.install()
        celery_tasks.install()
        if apps.is_installed("django.contrib.admin"):
            from orm_insight import admin_link

            admin_link.install()
        apply_settings()
        # Made before there are threads: two that import a driver at once get in each other's way.
        store()
        setting_changed.connect(_follow_settings, dispatch_uid="orm_insight_settings")


def _follow_settings(*, setting: str, **_: Any) -> None:
    from orm_insight.setup import apply_settings

    if setting in ("ORM_INSIGHT", "DEBUG", "ROOT_URLCONF"):
        apply_settings()
