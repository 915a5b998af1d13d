"""WhatsApp Flows: forms that open inside a chat."""
