//! SQLite and PostgreSQL, migrations, one test suite for both.
