"""Small projects, each a module with views and ``urlpatterns``, that the tests ask for pages."""
