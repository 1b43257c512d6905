"""What the dashboard is handed: who gets in, reports and reviews, the config in force."""
