"""How each exchange says things. Pure: bytes in, meaning out. One package an exchange."""
