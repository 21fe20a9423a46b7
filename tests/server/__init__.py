"""The centre under attack."""
