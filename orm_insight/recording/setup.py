"""Puts capture in place in this process, and tells it what the settings say."""

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
    """Before the applications are ready: note the querysets that they build at import."""
    try:
        provenance.install_for_imports()
    except Exception as error:
        faults.report("install the first hooks", error)


def install_when_imported(name: str, module: str, function: str = "install") -> None:
    """Call this function of our ``module`` once the application has imported the one named first.

    A project that has no tasks, no Celery or no server in this process does not pay for them.
    """

    def act() -> None:
        try:
            getattr(late(module), function)()
        except Exception as error:
            faults.report(f"watch {name}", error)

    when_imported(name, act)


def ensure_installed() -> None:
    """For a project that does not list the app: what the app would have done, once."""
    if not apps.is_installed("orm_insight") and not _installed:
        _installed.append(None)
        install()
        apply_settings()


_installed: list[None] = []


def apply_settings() -> None:
    """Take the settings of now; traces of the memory ring are forgotten."""
    config = get_config()
    code_roles.configure(ApplicationFiles(config.application_packages))
    if config.follow_threads:
        propagation.follow()
    else:
        propagation.unfollow()
    reset()
