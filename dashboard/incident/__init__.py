"""An incident on its page and in the queue: what it is, what happened, and what can be done about it."""
