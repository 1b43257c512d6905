"""What is known of a person, an address or a key: handed out, or taken out."""
