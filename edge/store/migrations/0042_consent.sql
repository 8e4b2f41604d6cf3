ALTER TABLE api_tokens ADD COLUMN asked_by BLOB;
ALTER TABLE api_tokens ADD COLUMN consented BIGINT NOT NULL DEFAULT 0;
CREATE INDEX api_tokens_staff ON api_tokens (staff);
