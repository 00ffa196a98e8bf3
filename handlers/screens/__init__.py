"""What it looks like: pure functions from records to screens; all words live here."""
