ALTER TABLE sign_ins ADD COLUMN proved BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_ins ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_ins ADD COLUMN browser TEXT NOT NULL DEFAULT '';
UPDATE sign_ins SET proved = created;
CREATE TABLE session_sign_ins (
    meeting BLOB PRIMARY KEY,
    sign_in BLOB NOT NULL
);
CREATE INDEX session_sign_ins_sign_in ON session_sign_ins (sign_in);
