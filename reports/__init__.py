"""The reports: summary, comparison and the page, from the observations alone."""
