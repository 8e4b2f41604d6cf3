CREATE TABLE exchange_settings (
    body TEXT NOT NULL REFERENCES bodies (code),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (body, name)
);
CREATE TABLE exchange_validity (
    code TEXT PRIMARY KEY,
    doc TEXT NOT NULL
);
CREATE TABLE exchange_form_files (
    sha256 BLOB PRIMARY KEY,
    source TEXT NOT NULL
);
CREATE TABLE exchange_forms (
    id TEXT NOT NULL,
    version TEXT NOT NULL,
    title TEXT NOT NULL,
    sha256 BLOB NOT NULL REFERENCES exchange_form_files (sha256),
    fixed BIGINT NOT NULL,
    added BIGINT NOT NULL,
    added_by TEXT NOT NULL,
    PRIMARY KEY (id, version)
);
CREATE TABLE exchange_cases (
    id TEXT PRIMARY KEY,
    stage BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    subject TEXT NOT NULL,
    deadline BIGINT NOT NULL,
    sent BIGINT NOT NULL,
    form_id TEXT,
    form_version TEXT,
    revision BIGINT NOT NULL,
    addressees TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX exchange_cases_stage ON exchange_cases (stage, id);
CREATE INDEX exchange_cases_form ON exchange_cases (form_id, form_version, stage);
CREATE TABLE exchange_deliveries (
    case_id TEXT NOT NULL REFERENCES exchange_cases (id),
    body TEXT NOT NULL,
    prefecture TEXT NOT NULL,
    desk TEXT NOT NULL,
    via TEXT,
    state BIGINT NOT NULL,
    due BIGINT NOT NULL,
    asks BIGINT NOT NULL,
    answer BIGINT NOT NULL,
    submitted BIGINT NOT NULL,
    submitted_at BIGINT NOT NULL,
    late BIGINT NOT NULL,
    proxy BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (case_id, body)
);
CREATE INDEX exchange_deliveries_board ON exchange_deliveries (case_id, prefecture, state, due);
CREATE INDEX exchange_deliveries_body ON exchange_deliveries (body, state, due);
CREATE INDEX exchange_deliveries_via ON exchange_deliveries (via, case_id, state);
CREATE TABLE exchange_answers (
    case_id TEXT NOT NULL,
    body TEXT NOT NULL,
    version BIGINT NOT NULL,
    at BIGINT NOT NULL,
    saved_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    proxy BIGINT NOT NULL,
    sheet TEXT NOT NULL,
    PRIMARY KEY (case_id, body, version),
    FOREIGN KEY (case_id, body) REFERENCES exchange_deliveries (case_id, body)
);
CREATE TABLE exchange_receipts (
    case_id TEXT NOT NULL,
    body TEXT NOT NULL,
    count BIGINT NOT NULL,
    submit_key BLOB NOT NULL,
    version BIGINT NOT NULL,
    at BIGINT NOT NULL,
    late BIGINT NOT NULL,
    PRIMARY KEY (case_id, body, count),
    UNIQUE (case_id, body, submit_key),
    FOREIGN KEY (case_id, body) REFERENCES exchange_deliveries (case_id, body)
);
CREATE TABLE exchange_parts (
    case_id TEXT NOT NULL,
    body TEXT NOT NULL,
    division TEXT NOT NULL,
    until BIGINT NOT NULL,
    done BIGINT NOT NULL,
    PRIMARY KEY (case_id, body, division),
    FOREIGN KEY (case_id, body) REFERENCES exchange_deliveries (case_id, body)
);
CREATE INDEX exchange_parts_division ON exchange_parts (body, division);
CREATE TABLE exchange_drafts (
    case_id TEXT NOT NULL,
    body TEXT NOT NULL,
    part TEXT NOT NULL,
    revision BIGINT NOT NULL,
    base BIGINT NOT NULL,
    saved_by TEXT NOT NULL,
    at BIGINT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (case_id, body, part),
    FOREIGN KEY (case_id, body) REFERENCES exchange_deliveries (case_id, body)
);
CREATE TABLE exchange_blobs (
    sha256 BLOB PRIMARY KEY,
    bytes BLOB NOT NULL
);
CREATE TABLE exchange_attachments (
    id BLOB PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES exchange_cases (id),
    body TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    length BIGINT NOT NULL,
    sha256 BLOB NOT NULL REFERENCES exchange_blobs (sha256),
    added BIGINT NOT NULL,
    added_by TEXT NOT NULL
);
CREATE INDEX exchange_attachments_case ON exchange_attachments (case_id, body);
CREATE TABLE exchange_reminders (
    case_id TEXT NOT NULL,
    body TEXT NOT NULL,
    deadline BIGINT NOT NULL,
    days BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (case_id, body, deadline, days)
);
CREATE INDEX exchange_reminders_body ON exchange_reminders (body, at);
CREATE TABLE exchange_peers (
    server BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    written BIGINT NOT NULL,
    added BIGINT NOT NULL,
    last BLOB
);
CREATE TABLE exchange_inbox (
    id BIGINT PRIMARY KEY,
    doc TEXT NOT NULL
);
