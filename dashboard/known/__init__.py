"""Which keys there are: how pages name one, and which ones a text means."""
