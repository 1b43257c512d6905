"""What the room alerts is told of the config, and what becomes of an incident."""
