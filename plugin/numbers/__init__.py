"""What belongs to a sender number beside its messages: QR codes, profile, blocked people."""
