"""Why a finding was made, in sentences: its numbers, its rank, what was usual, and all that could have silenced it."""
