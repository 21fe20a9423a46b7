"""Benchmarks: the kiosk beside a named rival, in one run, printed as ratios."""
