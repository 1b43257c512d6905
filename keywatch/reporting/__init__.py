"""Reports from the workspace: taken, signed, reviewed and told of."""
