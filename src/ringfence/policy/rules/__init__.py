"""The rules, one frozen class each: settings are fields, `judge` answers."""
