"""Tests of the BaseSpace client."""
