ALTER TABLE telework_requests ADD COLUMN form BIGINT NOT NULL DEFAULT 0;
UPDATE telework_requests SET form = 1 WHERE doc LIKE '%"form":"home"%';
UPDATE telework_requests SET form = 2 WHERE doc LIKE '%"form":"satellite"%';
UPDATE telework_requests SET form = 3 WHERE doc LIKE '%"form":"mobile"%';
UPDATE telework_requests SET form = 4 WHERE doc LIKE '%"form":"other"%';
ALTER TABLE telework_reasons ADD COLUMN given_by BLOB;
ALTER TABLE telework_reasons ADD COLUMN given_at BIGINT NOT NULL DEFAULT 0;
CREATE TABLE telework_months (
    body TEXT NOT NULL REFERENCES bodies (code),
    month BIGINT NOT NULL,
    closed BIGINT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (body, month)
);
CREATE TABLE telework_sheets (
    body TEXT NOT NULL REFERENCES bodies (code),
    month BIGINT NOT NULL,
    staff BLOB NOT NULL REFERENCES staff (id),
    division BLOB,
    days BIGINT NOT NULL,
    home_days BIGINT NOT NULL,
    worked BIGINT NOT NULL,
    connected BIGINT NOT NULL,
    overtime BIGINT NOT NULL,
    PRIMARY KEY (body, month, staff)
);
CREATE INDEX telework_sheets_staff ON telework_sheets (staff, month);
CREATE INDEX staff_division ON staff (division);
DROP INDEX telework_requests_body;
CREATE INDEX telework_requests_body ON telework_requests (body, day, state, form, staff);
