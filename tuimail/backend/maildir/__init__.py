"""Mail in a Maildir++ on this machine, as a backend like any other."""
