"""What the traveller sees. Kivy lives in ``app``, ``screens`` and ``widgets`` and nowhere else."""

__version__ = "0.1.0"
"""Of the whole product: the service screen shows it."""
