"""The blog of every ORM tutorial: authors, profiles, categories, posts, tags, comments."""
