ALTER TABLE changes ADD COLUMN also_by TEXT NOT NULL DEFAULT '';
CREATE TABLE officers_lately (
    staff BLOB PRIMARY KEY REFERENCES staff (id),
    body TEXT NOT NULL REFERENCES bodies (code),
    ended BIGINT NOT NULL
);
CREATE INDEX officers_lately_body ON officers_lately (body, ended);
