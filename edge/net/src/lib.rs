//! Sockets, TLS, WebSocket, proxy, clock, randomness, shutdown.
