"""What the dashboard is handed: where it listens, who gets in, and what it may not import itself."""
