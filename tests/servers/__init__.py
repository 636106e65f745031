"""Real servers for tests, on loopback and for as long as a test runs."""
