CREATE TABLE enrolments (
    hash BLOB PRIMARY KEY,
    body TEXT NOT NULL REFERENCES bodies (code),
    name TEXT NOT NULL,
    issued_by BLOB NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX enrolments_body ON enrolments (body);
CREATE TABLE agents (
    id BLOB PRIMARY KEY,
    body TEXT NOT NULL REFERENCES bodies (code),
    number BIGINT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    channel_key BLOB NOT NULL,
    control_key BLOB NOT NULL,
    enrolled BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    revoked BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    reported BIGINT NOT NULL
);
CREATE INDEX agents_body ON agents (body);
CREATE TABLE devices (
    id BLOB PRIMARY KEY,
    body TEXT NOT NULL REFERENCES bodies (code),
    staff BLOB NOT NULL REFERENCES staff (id),
    device_key BLOB NOT NULL,
    name TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    paired BIGINT NOT NULL,
    used BIGINT NOT NULL,
    revoked BIGINT NOT NULL,
    flags BIGINT NOT NULL,
    exception TEXT NOT NULL,
    asset TEXT NOT NULL
);
CREATE INDEX devices_staff ON devices (staff);
CREATE INDEX devices_body ON devices (body);
CREATE TABLE pairings (
    device BLOB NOT NULL REFERENCES devices (id),
    agent BLOB NOT NULL REFERENCES agents (id),
    invite BIGINT NOT NULL,
    paired BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    PRIMARY KEY (device, agent)
);
CREATE INDEX pairings_agent ON pairings (agent);
CREATE TABLE sessions (
    meeting BLOB PRIMARY KEY,
    body TEXT NOT NULL REFERENCES bodies (code),
    staff BLOB NOT NULL REFERENCES staff (id),
    pc BLOB NOT NULL REFERENCES pcs (id),
    agent BLOB NOT NULL REFERENCES agents (id),
    device BLOB NOT NULL REFERENCES devices (id),
    address TEXT NOT NULL,
    requested BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    started BIGINT NOT NULL,
    ended BIGINT NOT NULL,
    reason TEXT NOT NULL,
    bytes_up BIGINT NOT NULL,
    bytes_down BIGINT NOT NULL,
    idle_seconds BIGINT NOT NULL
);
CREATE INDEX sessions_body ON sessions (body, requested);
CREATE INDEX sessions_agent ON sessions (agent, ended);
CREATE INDEX sessions_staff ON sessions (staff, requested);
