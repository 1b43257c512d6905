"""What pages are put together of beside charts: tables, figures, facts, raw rows, files to take along."""
