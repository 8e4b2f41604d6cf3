CREATE TABLE telework_settings (
    body TEXT NOT NULL REFERENCES bodies (code),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    changed BIGINT NOT NULL,
    PRIMARY KEY (body, name)
);
CREATE TABLE telework_members (
    staff BLOB PRIMARY KEY REFERENCES staff (id),
    body TEXT NOT NULL REFERENCES bodies (code),
    doc TEXT NOT NULL
);
CREATE INDEX telework_members_body ON telework_members (body);
CREATE TABLE telework_works (
    body TEXT NOT NULL REFERENCES bodies (code),
    id BIGINT NOT NULL,
    division BLOB NOT NULL REFERENCES divisions (id),
    doc TEXT NOT NULL,
    PRIMARY KEY (body, id)
);
CREATE TABLE telework_shares (
    body TEXT NOT NULL,
    staff BLOB NOT NULL REFERENCES staff (id),
    work BIGINT NOT NULL,
    yearly BIGINT NOT NULL,
    PRIMARY KEY (body, staff, work)
);
CREATE TABLE telework_requests (
    id BLOB PRIMARY KEY,
    body TEXT NOT NULL REFERENCES bodies (code),
    staff BLOB NOT NULL REFERENCES staff (id),
    division BLOB,
    day BIGINT NOT NULL,
    state BIGINT NOT NULL,
    version BIGINT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX telework_requests_staff ON telework_requests (staff, day);
CREATE INDEX telework_requests_body ON telework_requests (body, day);
CREATE INDEX telework_requests_waiting ON telework_requests (body, state, division);
CREATE TABLE telework_days (
    staff BLOB NOT NULL REFERENCES staff (id),
    day BIGINT NOT NULL,
    body TEXT NOT NULL REFERENCES bodies (code),
    running BIGINT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (staff, day)
);
CREATE INDEX telework_days_body ON telework_days (body, day);
CREATE TABLE telework_reasons (
    staff BLOB NOT NULL REFERENCES staff (id),
    day BIGINT NOT NULL,
    body TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (staff, day)
);
CREATE INDEX telework_reasons_body ON telework_reasons (body, day);
CREATE TABLE telework_papers (
    id BLOB PRIMARY KEY,
    body TEXT NOT NULL REFERENCES bodies (code),
    kind BIGINT NOT NULL,
    staff BLOB,
    at BIGINT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX telework_papers_body ON telework_papers (body, kind, at);
CREATE INDEX telework_papers_staff ON telework_papers (staff, kind);
