CREATE TABLE anchor_lines (
    number BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    line TEXT NOT NULL
);
CREATE TABLE anchored_heads (
    chain TEXT PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash BLOB NOT NULL
);
CREATE TABLE anchor_sinks (
    sink TEXT NOT NULL,
    chain TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (sink, chain)
);
