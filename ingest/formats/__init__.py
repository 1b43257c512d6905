"""How one line (or record) becomes an event; one file a format."""
