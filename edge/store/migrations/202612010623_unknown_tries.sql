CREATE TABLE unknown_tries (
    hour BIGINT NOT NULL,
    origin TEXT NOT NULL,
    told BIGINT NOT NULL,
    more BIGINT NOT NULL,
    PRIMARY KEY (hour, origin)
);
