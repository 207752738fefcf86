"""Packages with the names, calls and error texts of others, over storages and views of Deltos."""
