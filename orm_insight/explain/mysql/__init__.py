"""EXPLAIN on MySQL and MariaDB."""
