"""Files: which ones WhatsApp takes, and fetching them from public addresses."""
