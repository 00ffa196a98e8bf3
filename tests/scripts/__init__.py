"""Scripts: whole stories, played by people against the real bot over real HTTP."""
