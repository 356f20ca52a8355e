"""REST, websocket and server-sent events: one router for each kind of thing."""
