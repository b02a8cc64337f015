"""One module for each hint: what gives none first, then what gives one."""
