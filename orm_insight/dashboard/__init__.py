"""The dashboard: pages and JSON below the address that the project chose."""
