"""The rule of each setting, by the names of the fields of ``Config``, and settings of the past."""

from __future__ import annotations

from collections.abc import Mapping

from orm_insight import editors, setting_rules
from orm_insight.setting_rules import Rule

RULES_OF_SETTINGS: Mapping[str, Rule] = {
    "enabled": setting_rules.flag,
    "max_traces": setting_rules.whole_number(1),
    "max_bytes": setting_rules.whole_number(1),
    "max_age_hours": setting_rules.whole_number(1, setting_rules.MAX_HOURS),
    "worst_hours": setting_rules.whole_number(0, setting_rules.MAX_HOURS),
    "keep_traces_in": setting_rules.path_or_none,
    "redis_url": setting_rules.redis_url,
    "redis_prefix": setting_rules.key_prefix,
    "redis_options": setting_rules.options,
    "max_queries": setting_rules.whole_number(1),
    "max_detailed_queries": setting_rules.whole_number(0),
    "follow_threads": setting_rules.flag,
    "commands": setting_rules.flag,
    "ignore_commands": setting_rules.texts,
    "tasks": setting_rules.flag,
    "otel": setting_rules.flag,
    "otel_trace_url": setting_rules.trace_url,
    "application_packages": setting_rules.packages,
    "ignore_paths": setting_rules.patterns,
    "sample_rate": setting_rules.share,
    "sample_rates": setting_rules.shares_by_pattern,
    "only_slow_ms": setting_rules.duration_or_none,
    "only_with_hints": setting_rules.flag,
    "on_demand": setting_rules.flag,
    "show_callback": setting_rules.callback,
    "response_headers": setting_rules.flag,
    "redact_params": setting_rules.flag_or_none,
    "secret_names": setting_rules.texts,
    "explain_enabled": setting_rules.flag,
    "explain_timeout_ms": setting_rules.whole_number(1, setting_rules.MAX_TIMEOUT_MS),
    "explain_lock_timeout_ms": setting_rules.whole_number(1, setting_rules.MAX_TIMEOUT_MS),
    "editor": editors.editor,
    "editor_paths": editors.editor_paths,
    "repeat_threshold": setting_rules.whole_number(2),
    "slow_query_ms": setting_rules.duration,
    "ignore": setting_rules.codes_by_pattern,
}

_EXPLAINED_ON_REQUEST = (
    "Remove it: a query is explained when somebody presses Explain on its page. For plans of slow "
    "queries without a click, let PostgreSQL log them with auto_explain, and read the log with "
    "manage.py orm_insight explain-log."
)
REMOVED_SETTINGS: Mapping[str, str] = {
    "EXPLAIN_SLOW": _EXPLAINED_ON_REQUEST,
    "EXPLAIN_SLOW_PER_MINUTE": _EXPLAINED_ON_REQUEST,
}
"""Keys that this version no longer has, and how to go on without each."""
