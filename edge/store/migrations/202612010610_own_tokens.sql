UPDATE api_tokens SET consented = created, asked_by = staff
WHERE consented = 0 AND asked_by IS NULL AND EXISTS (
    SELECT 1 FROM audit_records made
    WHERE made.chain = api_tokens.body AND made.kind = 250 AND made.who = 2
    AND made.who_id = lower(hex_of(api_tokens.staff))
    AND made.fields LIKE '%"' || lower(hex_of(api_tokens.id)) || '"%'
);
UPDATE api_tokens SET consented = created
WHERE consented = 0 AND asked_by IS NULL AND EXISTS (
    SELECT 1 FROM audit_records made
    WHERE made.chain = api_tokens.body AND made.kind = 250 AND made.who = 0
    AND made.fields LIKE '%"' || lower(hex_of(api_tokens.id)) || '"%'
);
