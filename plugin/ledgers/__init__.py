"""What is remembered: open windows, sends and their statuses, the numbers that accounts have."""
