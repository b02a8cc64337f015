"""MariaDB and MySQL: their plans as JSON and as a tree of text, and how they are asked safely."""
