"""Tests of content: reader, lint, library, commands."""
