"""The way in: reading a call, finding its node and token, all routes, and the HTTP server."""
