"""Plans of real servers, kept as files, each with what is expected of it beside it."""
