"""What a guide is, and the guides themselves: model, reader, checks, library."""
