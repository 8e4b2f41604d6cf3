CREATE INDEX sessions_open_body ON sessions (body) WHERE ended = 0;
CREATE INDEX sessions_open_staff ON sessions (staff) WHERE ended = 0;
CREATE INDEX sessions_open_device ON sessions (device) WHERE ended = 0;
CREATE INDEX sessions_open_pc ON sessions (pc) WHERE ended = 0;
CREATE INDEX sessions_open_agent ON sessions (agent) WHERE ended = 0;
DROP INDEX sessions_agent;
CREATE INDEX devices_revoked ON devices (body) WHERE revoked > 0;
