"""How a message leaves: one file a medium, all behind `interface.Channel`."""
