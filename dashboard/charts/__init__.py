"""Charts: each with a title and its unit, a text for those who cannot see it, and the table behind it."""
