"""Setups as a careful owner makes them: nothing is wrong with any. The tests break one thing in each."""

FREQTRADE = """
--- user_data/config.json
// what is private lies in its own file
{
    "$schema": "https://schema.freqtrade.io/schema.json",
    "stake_currency": "USDT",
    "stake_amount": 50,
    "dry_run": false,
    "exchange": {
        "name": "binance",
        "ccxt_config": {"httpsProxy": "http://grid:pass@127.0.0.1:8899", "wssProxy": "http://grid:pass@127.0.0.1:8899",},
        "pair_whitelist": ["BTC/USDT", "ETH/USDT"]
    },
    "telegram": {"enabled": true, "token": "{secret}", "chat_id": "123456789"},
    "webhook": {"enabled": true, "url": "https://hooks.example.net/trades"},
    "api_server": {
        "enabled": true,
        "listen_ip_address": "127.0.0.1",
        "listen_port": 8080,
        "verbosity": "error",
        "enable_openapi": false,
        "CORS_origins": ["https://ui.example.net", "http://localhost:3000"],
        "username": "owner"
    },
    "add_config_files": ["private.json"],
    "initial_state": "running",
    "force_entry_enable": false
}
--- user_data/private.json
{
    "exchange": {"api_key": "{virtual_key}", "secret": "{virtual_secret}"},
    "api_server": {"password": "{password}", "jwt_secret_key": "{secret}", "ws_token": ["{secret}"]}
}
--- user_data/strategies/grid.py 0644
class Grid: ...
--- user_data/logs/freqtrade.log 0640
started
--- freqtrade.service 0644
[Unit]
Description=the bot

[Service]
User=bot
ExecStart=/opt/freqtrade/bin/freqtrade trade \\
    --config user_data/config.json

[Install]
WantedBy=multi-user.target
--- nginx/bot.conf 0644
limit_req_zone $binary_remote_addr zone=bot:1m rate=1r/s;
server {
    listen 80;
    return 301 https://$host$request_uri;
}
server {
    listen [::]:443 ssl;
    listen 443 ssl;
    ssl_certificate /etc/ssl/bot.pem;
    location / {
        limit_req zone=bot;
        proxy_pass http://127.0.0.1:8080;
    }
}
"""

_BOUND = """    user: "1000:1000"
    read_only: true
    cap_drop: [ALL]
    security_opt: [no-new-privileges:true]
    mem_limit: 1g
    pids_limit: 200
    tmpfs: [/tmp]
    logging: {options: {max-size: "10m", max-file: "5"}}
"""

COMPOSE = f"""
--- docker-compose.yml 0644
x-bound: &bound
{_BOUND.replace("    ", "  ", 1).replace(chr(10) + "    ", chr(10) + "  ")}
services:
  freqtrade:
    <<: *bound
    image: freqtradeorg/freqtrade:2026.9@{{digest}}
    ports: ["127.0.0.1:8080:8080"]
    volumes:
      - ./user_data:/freqtrade/user_data
      - /etc/localtime:/etc/localtime:ro
    environment:
      FREQTRADE__API_SERVER__PASSWORD: ${{API_PASSWORD:?}}
      FREQTRADE__API_SERVER__JWT_SECRET_KEY: ${{API_JWT:?}}
    command: trade --config /freqtrade/user_data/config.json --db-url sqlite:////freqtrade/user_data/trades.sqlite
--- .env
API_PASSWORD={{password}}
API_JWT='{{secret}}'
--- user_data/config.json 0644
{{
    "stake_currency": "USDT",
    "dry_run": true,
    "exchange": {{"name": "binance", "pair_whitelist": []}},
    "api_server": {{"enabled": true, "listen_ip_address": "0.0.0.0", "listen_port": 8080, "username": "owner"}}
}}
"""

HUMMINGBOT = f"""
--- docker-compose.yml 0644
services:
  hummingbot:
    image: hummingbot/hummingbot:version-2.9@{{digest}}
    volumes:
      - ./conf:/home/hummingbot/conf
      - ./logs:/home/hummingbot/logs
      - ./scripts:/home/hummingbot/scripts:ro
    environment:
      - CONFIG_PASSWORD=${{CONFIG_PASSWORD:?}}
      - CONFIG_FILE_NAME=grid.py
    extra_hosts:
      - "api.binance.com:127.0.0.91"
      - "stream.binance.com:127.0.0.91"
{_BOUND}
--- .env
CONFIG_PASSWORD={{password}}
--- conf/conf_client.yml
instance_id: grid
mqtt_bridge:
  mqtt_host: localhost
  mqtt_port: 1883
  mqtt_username: ''
  mqtt_password: ''
  mqtt_commands: true
  mqtt_ssl: false
  mqtt_autostart: false
gateway:
  gateway_api_host: localhost
  gateway_api_port: '15888'
  gateway_use_ssl: false
--- conf/connectors/binance.yml
connector: binance
binance_api_key: 7b2263727970746f227d
--- conf/.password_verification
7b2263727970746f227d
--- scripts/grid.py 0644
class Grid: ...
"""

HUMMINGBOT_API = f"""
--- docker-compose.yml 0644
services:
  hummingbot-api:
    image: hummingbot/hummingbot-api:1.0@{{digest}}
    ports: ["${{API_BIND:-127.0.0.1}}:8000:8000"]
    env_file: .env
    environment:
      - BROKER_HOST=emqx
      - DATABASE_URL=postgresql+asyncpg://hbot:${{POSTGRES_PASSWORD}}@postgres:5432/hummingbot_api
    volumes:
      - ./bots:/hummingbot-api/bots
{_BOUND}
  emqx:
    image: emqx:5.8@{{digest}}
    environment:
      - EMQX_DASHBOARD__DEFAULT_PASSWORD=${{BROKER_PASSWORD}}
    ports:
      - target: 18083
        published: "18083"
        host_ip: 127.0.0.1
    logging: {{options: {{max-size: 10m}}}}
  postgres:
    image: postgres:16@{{digest}}
    environment:
      - POSTGRES_PASSWORD=${{POSTGRES_PASSWORD}}
    ports: ["[::1]:5432:5432"]
    volumes: [postgres-data:/var/lib/postgresql/data]
    logging: {{options: {{max-size: 10m}}}}
volumes:
  postgres-data: {{}}
--- .env
export USERNAME=owner
PASSWORD="{{password}}"
CONFIG_PASSWORD={{secret}} # locks the keys
BROKER_PASSWORD={{key}}
POSTGRES_PASSWORD={{secret}}
"""

OCTOBOT = f"""
--- docker-compose.yml 0644
services:
  octobot:
    image: drakkarsoftware/octobot:2.1.1@{{digest}}
    ports: ["127.0.0.1:5001:5001"]
    volumes:
      - ./user:/octobot/user
      - ./tentacles:/octobot/tentacles:ro
      - ./logs:/octobot/logs
{_BOUND}
--- user/config.json
{{"services": {{"web": {{"port": 5001, "require-password": true, "password": "{{secret}}"}}}}, "exchanges": {{}}}}
--- tentacles/metadata.yaml 0644
version: 1
"""

JESSE = f"""
--- docker/docker-compose.yml 0644
services:
  jesse:
    image: salehmir/jesse:1.10@{{digest}}
    env_file: [../.env]
    ports: ["127.0.0.1:9000:9000"]
    volumes:
      - ../strategies:/home/strategies:ro
      - ../storage:/home/storage
{_BOUND}
  postgres:
    image: postgres:14@{{digest}}
    env_file: [{{path: ../.env}}]
    logging: {{driver: journald}}
--- .env
PASSWORD={{password}}
APP_PORT=9000
POSTGRES_PASSWORD={{secret}}
REDIS_PASSWORD={{secret}}
LICENSE_API_TOKEN=
--- strategies/Grid/__init__.py 0644
class Grid: ...
"""

SETUPS = {
    "freqtrade": FREQTRADE,
    "freqtrade in a container": COMPOSE,
    "hummingbot": HUMMINGBOT,
    "hummingbot-api": HUMMINGBOT_API,
    "octobot": OCTOBOT,
    "jesse": JESSE,
}
"""Each by what runs in it."""
