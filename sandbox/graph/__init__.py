"""The Graph API's door: reading a call, finding its node and token, answering as Meta does."""
