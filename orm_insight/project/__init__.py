"""Facts about the project under observation: its schema, its source files, its ignore comments."""
