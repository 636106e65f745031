"""POP3: one session at a time, pipelined where the server can."""
