CREATE TABLE mail_outbox (
    id BLOB PRIMARY KEY,
    body TEXT NOT NULL REFERENCES bodies (code),
    staff BLOB NOT NULL REFERENCES staff (id),
    address TEXT NOT NULL,
    subject TEXT NOT NULL,
    content TEXT NOT NULL,
    queued BIGINT NOT NULL,
    due BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    given_up BIGINT NOT NULL,
    fault TEXT NOT NULL
);
CREATE INDEX mail_outbox_due ON mail_outbox (given_up, due);
CREATE INDEX mail_outbox_body ON mail_outbox (body, given_up);
CREATE TABLE mail_people (
    staff BLOB PRIMARY KEY REFERENCES staff (id),
    body TEXT NOT NULL REFERENCES bodies (code),
    address TEXT NOT NULL,
    silent BIGINT NOT NULL
);
