"""What several detectors share: bursts, places, routes, lifetimes, days; each from frames alone."""
