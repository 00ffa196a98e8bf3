"""The running process and the world outside it."""
