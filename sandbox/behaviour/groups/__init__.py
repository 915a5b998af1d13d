"""Group chats that a business number opens for several people."""
