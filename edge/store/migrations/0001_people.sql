CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE TABLE bodies (
    code TEXT PRIMARY KEY,
    suspended BIGINT NOT NULL,
    sign_in_policy TEXT NOT NULL,
    session_policy TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE TABLE divisions (
    id BLOB PRIMARY KEY,
    body TEXT NOT NULL REFERENCES bodies (code),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    superior BLOB,
    deputy BLOB,
    UNIQUE (body, code)
);
CREATE TABLE staff (
    id BLOB PRIMARY KEY,
    body TEXT NOT NULL REFERENCES bodies (code),
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    division BLOB REFERENCES divisions (id),
    roles BIGINT NOT NULL,
    operator BIGINT NOT NULL,
    state BIGINT NOT NULL,
    fiscal_year BIGINT NOT NULL,
    created BIGINT NOT NULL,
    UNIQUE (body, login)
);
CREATE TABLE credentials (
    staff BLOB PRIMARY KEY REFERENCES staff (id),
    password TEXT,
    totp BLOB,
    totp_step BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    locked_until BIGINT NOT NULL
);
CREATE TABLE passkeys (
    id BLOB PRIMARY KEY,
    staff BLOB NOT NULL REFERENCES staff (id),
    credential BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    passkey TEXT NOT NULL,
    created BIGINT NOT NULL,
    used BIGINT NOT NULL
);
CREATE INDEX passkeys_staff ON passkeys (staff);
CREATE TABLE activations (
    hash BLOB PRIMARY KEY,
    staff BLOB NOT NULL REFERENCES staff (id),
    totp BLOB NOT NULL,
    expires BIGINT NOT NULL,
    tries BIGINT NOT NULL
);
CREATE INDEX activations_staff ON activations (staff);
CREATE TABLE sign_ins (
    hash BLOB PRIMARY KEY,
    staff BLOB NOT NULL REFERENCES staff (id),
    created BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    factor TEXT NOT NULL
);
CREATE INDEX sign_ins_staff ON sign_ins (staff);
CREATE TABLE pcs (
    id BLOB PRIMARY KEY,
    body TEXT NOT NULL REFERENCES bodies (code),
    agent BLOB NOT NULL,
    target TEXT NOT NULL,
    name TEXT NOT NULL,
    zone BIGINT NOT NULL,
    stopped BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    UNIQUE (agent, target)
);
CREATE INDEX pcs_body ON pcs (body);
CREATE TABLE assignments (
    id BLOB PRIMARY KEY,
    body TEXT NOT NULL REFERENCES bodies (code),
    staff BLOB NOT NULL REFERENCES staff (id),
    pc BLOB NOT NULL REFERENCES pcs (id),
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    permitted_by BLOB NOT NULL
);
CREATE INDEX assignments_staff ON assignments (staff);
CREATE INDEX assignments_pc ON assignments (pc);
CREATE TABLE audit_heads (
    chain TEXT PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash BLOB NOT NULL
);
CREATE TABLE audit_records (
    chain TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    who BIGINT NOT NULL,
    who_id TEXT NOT NULL,
    who_name TEXT NOT NULL,
    subject TEXT NOT NULL,
    fields TEXT NOT NULL,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (chain, seq)
);
