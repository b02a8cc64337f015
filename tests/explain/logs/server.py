"""A PostgreSQL that writes its log in all its formats, with the plans of what it has executed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.debian import BINARIES, USER, missing, running_server
from tests.packages import install_packages
from tests.processes import folder_of
from tests.servers import THROWAWAY_SETTINGS

SETTINGS = (
    *THROWAWAY_SETTINGS,
    "listen_addresses = ''",
    "unix_socket_directories = '..'",
    "logging_collector = on",
    "log_destination = 'stderr,csvlog,jsonlog'",
    "log_directory = '../logs'",
    "log_filename = 'server.log'",
    "log_file_mode = 0644",
    "log_line_prefix = '%m [%p] %q%u@%d/%a '",
    "log_statement = 'all'",
    "shared_preload_libraries = 'auto_explain'",
    "auto_explain.log_min_duration = 0",
    "auto_explain.log_format = json",
    "auto_explain.log_verbose = on",
)
SUFFIXES = {"stderr": ".log", "csvlog": ".csv", "jsonlog": ".json"}

# Quotes, tabs, line ends, other scripts and what looks like the end of an entry.
HOSTILE = (
    'SELECT count(*) AS "a ""b"" ,c",\n\t\'}\n"}",,,{"message": LOG:  duration: 1.0 ms  plan:\n\' '
    "|| 'é \U0001f40d \\' FROM big WHERE id % 7 = 3"
)
STATEMENTS = (
    "SET max_parallel_workers_per_gather = 0",
    "SET jit = off",
    "CREATE TABLE big AS SELECT i AS id, md5(i::text) AS text FROM generate_series(1, 20000) i",
    "SET auto_explain.log_analyze = on",
    "SELECT * FROM big WHERE text = 'x'",
    "SELECT * FROM big WHERE text = 'yy'",
    HOSTILE,
    "SET auto_explain.log_analyze = off",
    "SELECT b.id FROM big b WHERE b.id = 5",
    "SET auto_explain.log_format = text",
    "SELECT b.text FROM big b WHERE b.id = 6",
    "SET auto_explain.log_format = json",
    "SELECT pg_sleep(0.5)",
)


@contextmanager
def written_logs() -> Iterator[dict[str, Path]]:
    """The server's logs by format, complete, in a folder that lives as long as the block."""
    package = "postgresql-15"
    if not (BINARIES / "postgres").exists() and not install_packages(package):
        raise missing(package)
    with folder_of(USER) as folder:
        options = ("--auth=trust", "--no-locale", "--encoding=UTF8", "--no-sync")
        folder.run(BINARIES / "initdb", f"--username={USER}", *options, "data")
        settings = folder.path / "data" / "postgresql.auto.conf"
        settings.write_text("\n".join([*SETTINGS, ""]), encoding="utf-8")
        with running_server(folder) as url, psycopg.connect(url, autocommit=True) as connection:
            for statement in STATEMENTS:
                connection.execute(statement)
        logs = folder.path / "logs"
        yield {format: logs / f"server{suffix}" for format, suffix in SUFFIXES.items()}
