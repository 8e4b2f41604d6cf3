CREATE TABLE exchange_carried (
    form_id TEXT NOT NULL,
    form_version TEXT NOT NULL,
    body TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (form_id, form_version, body)
);
