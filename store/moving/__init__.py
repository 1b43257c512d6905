"""Moving a store from one engine to another: events segment by segment, then the state in one transaction."""
