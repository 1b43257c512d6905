"""What a reader chooses: the time, the zone, filters and keys; all of it stands in the URL."""
