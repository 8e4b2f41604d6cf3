CREATE TABLE exchange_bodies (
    code TEXT PRIMARY KEY,
    doc TEXT NOT NULL
);
