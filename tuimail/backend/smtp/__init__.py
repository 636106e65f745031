"""Handing letters to a submission server (RFC 6409): a line, its opening, and the postman."""
