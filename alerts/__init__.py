"""From findings to messages: incidents, routing, rendering, the outbox and its delivery."""
