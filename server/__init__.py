"""The centre: what receives from kiosks and publishes to them."""
