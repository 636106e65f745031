"""`engine status|stop`: the process that talks to the servers."""
