"""Reads public tickers of several venues and hands references to the signer. Holds nothing."""
