"""What is true and what people may do; standard library only."""
