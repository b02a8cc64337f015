"""The scenarios under other tools that look for N+1 queries, beside ours."""
