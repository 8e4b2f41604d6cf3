CREATE TABLE telework_pay (
    body TEXT NOT NULL REFERENCES bodies (code),
    month BIGINT NOT NULL,
    staff BLOB NOT NULL REFERENCES staff (id),
    rate BIGINT NOT NULL,
    yen BIGINT NOT NULL,
    arrears BIGINT NOT NULL,
    PRIMARY KEY (body, month, staff)
);
