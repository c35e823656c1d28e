"""An exchange for rehearsal that speaks Binance spot truthfully. It is an exchange of its own."""
