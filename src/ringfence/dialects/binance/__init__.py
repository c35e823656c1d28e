"""Binance spot: what its bots may say, what we say in their place, and what its answers mean.

Reference: https://developers.binance.com/docs/binance-spot-api-docs/rest-api
"""
