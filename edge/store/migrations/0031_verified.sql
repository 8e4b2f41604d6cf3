CREATE TABLE audit_verified (
    chain TEXT PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash BLOB NOT NULL,
    at BIGINT NOT NULL,
    whole BIGINT NOT NULL
);
