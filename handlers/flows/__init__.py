"""What happens when a person writes or taps: parse, call a use case, choose a screen."""
