CREATE TABLE telework_answers (
    body TEXT NOT NULL REFERENCES bodies (code),
    question TEXT NOT NULL,
    first_day BIGINT NOT NULL,
    last_day BIGINT NOT NULL,
    at BIGINT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (body, question, first_day, last_day)
);
CREATE TABLE telework_marked (
    staff BLOB PRIMARY KEY REFERENCES staff (id),
    body TEXT NOT NULL,
    at BIGINT NOT NULL,
    workbook BLOB NOT NULL
);
CREATE TABLE telework_feeds (
    hash BLOB PRIMARY KEY,
    body TEXT NOT NULL REFERENCES bodies (code),
    staff BLOB NOT NULL REFERENCES staff (id),
    division BLOB,
    made BIGINT NOT NULL
);
CREATE INDEX telework_feeds_staff ON telework_feeds (staff);
