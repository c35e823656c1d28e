"""Compose files as people have them: freqtrade's and hummingbot's own."""

FREQTRADE = """\
---
services:
  freqtrade:
    image: freqtradeorg/freqtrade:stable
    # image: freqtradeorg/freqtrade:develop
    restart: unless-stopped
    container_name: freqtrade
    volumes:
      - "./user_data:/freqtrade/user_data"
    # Expose api on port 8080 (localhost only)
    ports:
      - "127.0.0.1:8080:8080"
    command: >
      trade
      --logfile /freqtrade/user_data/logs/freqtrade.log
      --db-url sqlite:////freqtrade/user_data/tradesv3.sqlite
      --config /freqtrade/user_data/live.json
      --strategy SampleStrategy
"""
HUMMINGBOT = """\
services:
  hummingbot:
    container_name: hummingbot
    image: hummingbot/hummingbot:latest
    volumes:
      - ./conf:/home/hummingbot/conf
      - ./conf/connectors:/home/hummingbot/conf/connectors
      - ./logs:/home/hummingbot/logs
      - ./scripts:/home/hummingbot/scripts
      - ./controllers:/home/hummingbot/controllers
    environment:
      - CONFIG_PASSWORD=a
    logging:
      driver: "json-file"
      options: {max-size: "10m", max-file: "5"}
    tty: true
    stdin_open: true
    network_mode: host
  gateway:
    image: hummingbot/gateway:latest
    ports: ["15888:15888"]
"""
