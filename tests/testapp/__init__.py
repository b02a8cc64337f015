"""A library, as models, views and templates that the tests ask for pages and queries."""
