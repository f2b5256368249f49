"""The SQLite index of job folders."""
