CREATE TABLE audit_addresses (
    chain TEXT NOT NULL,
    seq BIGINT NOT NULL,
    place BIGINT NOT NULL,
    at BIGINT NOT NULL,
    address TEXT NOT NULL,
    key BLOB NOT NULL,
    PRIMARY KEY (chain, seq, place)
);
CREATE INDEX audit_addresses_at ON audit_addresses (chain, at);
ALTER TABLE bodies ADD COLUMN record_policy TEXT NOT NULL DEFAULT '{}';
