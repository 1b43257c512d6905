"""Keys, one and all of them: facts, use, health, life, and what good housekeeping asks."""
