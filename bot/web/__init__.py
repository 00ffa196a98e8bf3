"""What answers HTTP: webhooks, callbacks, health and metrics."""
