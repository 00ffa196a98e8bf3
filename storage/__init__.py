"""The only place that speaks SQL: tables, rows and records, transactions, migrations."""
