"""A small project in a folder of its own, and the server that reloads when its source changes."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parent.parent
PATIENCE_S = 60
SETTINGS = """
import os
from pathlib import Path
BASE_DIR = Path(__file__).parent
DEBUG = True
SECRET_KEY = "x"
INTERNAL_IPS = ["127.0.0.1"]
INSTALLED_APPS = ["django.contrib.staticfiles", "orm_insight"]
MIDDLEWARE = [
    "orm_insight.middleware.OrmInsightMiddleware", "django.middleware.csrf.CsrfViewMiddleware"
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db"}}
ROOT_URLCONF = "shop_urls"
STATIC_URL = "/static/"
USE_TZ = True
LOGGING = {
    "version": 1,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"django.utils.autoreload": {"handlers": ["console"], "level": "DEBUG"}},
}
ORM_INSIGHT = {"KEEP_TRACES_IN": os.environ.get("SHOP_TRACES"), "COMMANDS": False}
"""
URLS = """
from django.urls import include, path
from shop_views import page
urlpatterns = [path("page/", page), path("_orm/", include("orm_insight.urls"))]
"""
VIEWS = """
import os
from django.db import connection
from django.http import HttpResponse

TIMES = {times}

def page(request):
    with connection.cursor() as cursor:
        for number in range(TIMES):
            cursor.execute("SELECT 1 WHERE 1 = %s", [number])
    return HttpResponse(f"{{os.getpid()}} {{TIMES}}")
"""
SERVER = """
import os, sys
from wsgiref.simple_server import make_server
from django.core.wsgi import get_wsgi_application
make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application()).serve_forever()
"""


def views(*, times: int) -> str:
    return VIEWS.format(times=times)


class Shop:
    """The project, and the server that runs it for the moment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        files = {"settings": SETTINGS, "urls": URLS, "views": views(times=5), "server": SERVER}
        for name, text in files.items():
            self.write(f"shop_{name}.py", text)
        self.log = folder / "log"

    def write(self, name: str, text: str) -> None:
        """With another time of change, whatever the clock."""
        path = self.folder / name
        before = path.stat().st_mtime if path.exists() else time.time() - 1_000
        path.write_text(text)
        os.utime(path, (before + 10, before + 10))

    def change(self, name: str, text: str) -> None:
        """Not before the reloader has seen the file as it was."""
        self.until(lambda: self._is_watched(name))
        self.write(name, text)

    def _is_watched(self, name: str) -> bool:
        said = self.log.read_text(errors="replace")
        return said.rfind(f"{name} first seen") > said.rfind("changed, reloading")

    @contextmanager
    def running(self, *command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with open(self.log, "wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-W", "ignore", *(part.format(port=port) for part in command)],
                cwd=self.folder,
                env={**self._environment(), **environment},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client:
                self.client = client
                yield process
        finally:
            self.interrupt(process)

    def reloading(self) -> Any:
        return self.running("-m", "django", "runserver", "{port}")

    def interrupt(self, process: subprocess.Popen[bytes]) -> None:
        """As a terminal does it at Ctrl+C: the whole group is told."""
        try:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(PATIENCE_S)
        except ProcessLookupError:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise

    def _environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if name != "RUN_MAIN"}
        return {
            **ours,
            "DJANGO_SETTINGS_MODULE": "shop_settings",
            "PYTHONPATH": os.pathsep.join([str(self.folder), str(ROOT)]),
            "TMPDIR": str(self.temporary),
        }

    # -- asking -------------------------------------------------------------------------------

    def page_with(self, times: int) -> None:
        """Ask for the page until it is the code with so many statements that answers."""
        self.until(lambda: self._text("/page/").endswith(f" {times}"))

    def traces(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get("/_orm/traces.json").json()["traces"]
        return found

    def pin(self, id: str) -> None:
        page = self.client.get(f"/_orm/traces/{id}/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token is not None
        form = {"csrfmiddlewaretoken": token[1]}
        assert self.client.post(f"/_orm/traces/{id}/pin/", data=form).status_code in (200, 302, 303)

    def left(self) -> list[str]:
        """The files that lie in the folder for temporary ones."""
        return [str(path) for path in self.temporary.rglob("*") if not path.is_dir()]

    def _text(self, address: str) -> str:
        try:
            return self.client.get(address).text
        except httpx.TransportError:
            return ""

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, self.log.read_text(errors="replace")
            time.sleep(0.05)
