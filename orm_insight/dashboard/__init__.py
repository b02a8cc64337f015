"""The pages below the address that the user chose: who may see them, and what each one answers."""
