"""Work rows in motion: claiming, lanes, retries; the poller, the sender, the timers."""
