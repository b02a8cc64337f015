"""Installs capture in this process, and applies the settings to it."""

from __future__ import annotations

from django.apps import apps

from orm_insight import faults
from orm_insight.capture import code_roles, propagation, provenance
from orm_insight.capture.application import ApplicationFiles
from orm_insight.capture.install import install as install_capture
from orm_insight.conf import get_config
from orm_insight.imports import late, when_imported
from orm_insight.pipeline import reset
from orm_insight.recording import shutdown


def install() -> None:
    """Install the hooks and the wrapper; should that fail, the application runs without us."""
    try:
        install_capture()
        shutdown.install()
    except Exception as error:
        faults.report("install capture", error)


def install_for_imports() -> None:
    """Note the querysets that the applications build while they are imported."""
    try:
        provenance.install_for_imports()
    except Exception as error:
        faults.report("install the first hooks", error)


def install_when_imported(name: str, module: str, function: str = "install") -> None:
    """Call this function of our ``module`` once the application has imported the module ``name``.

    A project that has no tasks, no Celery or no server in this process does not pay for them.
    """

    def act() -> None:
        try:
            getattr(late(module), function)()
        except Exception as error:
            faults.report(f"watch {name}", error)

    when_imported(name, act)


def ensure_installed() -> None:
    """Install once in a project that does not list the app."""
    if not apps.is_installed("orm_insight") and not _installed:
        _installed.append(None)
        install()
        apply_settings()


_installed: list[None] = []


def apply_settings() -> None:
    """Apply the settings anew; the traces of a ring in memory are forgotten."""
    config = get_config()
    code_roles.configure(ApplicationFiles(config.application_packages))
    if config.follow_threads:
        propagation.follow()
    else:
        propagation.unfollow()
    reset()
