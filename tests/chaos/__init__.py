"""The PostgreSQL server dies in every way while people pay."""
