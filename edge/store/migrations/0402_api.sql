CREATE TABLE api_tokens (
    id BLOB PRIMARY KEY,
    body TEXT NOT NULL REFERENCES bodies (code),
    staff BLOB NOT NULL REFERENCES staff (id),
    name TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    scopes BIGINT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    revoked BIGINT NOT NULL,
    used BIGINT NOT NULL
);
CREATE INDEX api_tokens_body ON api_tokens (body, created);
