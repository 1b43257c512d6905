"""State: cursors, the segment manifest, inventory, findings, incidents, deliveries, reports, the audit log."""
