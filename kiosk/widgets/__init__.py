"""Parts that screens are made of. Every size comes from the style, in millimetres."""
