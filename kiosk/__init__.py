"""What the traveller sees. Kivy lives in ``app``, ``screens`` and ``widgets`` and nowhere else."""
