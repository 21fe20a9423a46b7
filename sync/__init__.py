"""How content and counts travel.

Promises: *only the publisher's words* reach a screen, and *counts neither vanish nor
double*. Runs as its own process, with the network and without a screen.
"""
