"""The rules of the release lint, one small module per subject."""
