-- Failures in a row and the lock they led to, by where they came from: a stranger's do not lock the owner out.
-- `origin` is a keyed hash: of an address, or of a browser in which the person signed in before.
CREATE TABLE sign_in_tries (
    staff BLOB NOT NULL REFERENCES staff (id),
    origin BLOB NOT NULL,
    failures BIGINT NOT NULL,
    locked_until BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (staff, origin)
);
CREATE INDEX sign_in_tries_at ON sign_in_tries (at);
ALTER TABLE credentials DROP COLUMN failures;
ALTER TABLE credentials DROP COLUMN locked_until;
