"""How reports look: one style for every figure and page."""
