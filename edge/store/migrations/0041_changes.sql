CREATE TABLE changes (
    id BLOB PRIMARY KEY,
    body TEXT NOT NULL REFERENCES bodies (code),
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    doc TEXT NOT NULL,
    asked_by BLOB NOT NULL,
    asked BIGINT NOT NULL,
    begins BIGINT NOT NULL,
    UNIQUE (body, kind, subject)
);
CREATE INDEX changes_begins ON changes (begins);
