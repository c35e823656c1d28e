"""The real keys at rest and in memory. Only the signer and the owner's key commands open it."""
