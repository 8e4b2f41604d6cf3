CREATE INDEX mail_people_body ON mail_people (body);
