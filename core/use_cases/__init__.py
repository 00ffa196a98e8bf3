"""One plain function per intention, on an open transaction it is handed."""
