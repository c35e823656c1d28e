"""What Ringfence is compared with: nginx as a plain proxy, and mitmproxy that does nothing but sign anew."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.bench.orders import Credentials
from tests.bench.running import Process, plain_environment, running

ROOT = Path(__file__).resolve().parent.parent.parent

# Kept connections on both sides and no logs: as quick as it gets. 64 idle ones are more than a run ever opens.
_NGINX = """
daemon off;
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log warn;
{user}
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    keepalive_requests 100000000;
    upstream exchange {{
        server 127.0.0.1:{upstream};
        keepalive 64;
        keepalive_requests 100000000;
    }}
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificates}/server.pem;
        ssl_certificate_key {certificates}/server.key;
        location / {{
            proxy_pass https://exchange;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_ssl_name localhost;
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate {certificates}/ca.pem;
        }}
    }}
}}
"""


def lacking() -> str | None:
    """Say what this machine lacks for the comparison, and how to get it."""
    if shutil.which("nginx") is None:
        return "nginx is not installed; on Debian or Ubuntu, as root: apt install nginx-light"
    return None


@contextlib.contextmanager
def nginx(folder: Path, certificates: Path, upstream: int, port: int) -> Iterator[Process]:
    """Run nginx with a configuration of our own."""
    user = "user root;" if os.geteuid() == 0 else ""  # else its workers could not read what root has written
    config = folder / "nginx.conf"
    text = _NGINX.format(folder=folder, certificates=certificates, upstream=upstream, port=port, user=user)
    config.write_text(text, "utf-8")
    command = ["nginx", "-p", str(folder), "-e", str(folder / "nginx-error.log"), "-c", str(config)]
    with running(command, folder / "nginx.log", [port]) as process:
        yield process


@contextlib.contextmanager
def mitmproxy(folder: Path, ca: Path, upstream: int, ports: tuple[int, int], real: Credentials) -> Iterator[Process]:
    """Run mitmdump, which is mitmproxy without its screen, with the addon that signs; the second port takes CONNECT."""
    settings = {
        "confdir": str(folder / "mitmproxy"),
        "ssl_verify_upstream_trusted_ca": str(ca),
        "flow_detail": "0",
    }
    command = [
        *(str(ROOT / ".venv-bench" / "bin" / "mitmdump"), "--quiet"),
        *("--mode", f"reverse:https://localhost:{upstream}@127.0.0.1:{ports[0]}"),
        *("--mode", f"regular@127.0.0.1:{ports[1]}"),
        *("--scripts", str(Path(__file__).with_name("resign.py"))),
        *(part for name, value in settings.items() for part in ("--set", f"{name}={value}")),
    ]
    environment = plain_environment(BENCH_KEY=real.key, BENCH_SECRET=real.secret)
    with running(command, folder / "mitmproxy.log", ports, environment) as process:
        yield process
