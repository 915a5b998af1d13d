"""QR codes and short links that open a chat with a sender number."""
