"""What is usual of a key, hour by hour: what baselines are made of, and what is read of them."""
