"""NGINX in front of the replicas: its configuration, in which nothing comes from a flow."""

from __future__ import annotations

# Above 1024, because it is not root.
PORT = 8080

_TEXT = """\
# NGINX in front of the replicas. Made by chartgen; compose.yaml mounts it.
worker_processes 2;
error_log stderr warn;
pid /tmp/nginx.pid;

events {
    worker_connections 1024;
}

http {
    # Without the query string, into which a caller may put the key.
    log_format calls '$time_iso8601 $request_method $uri $status $request_time $upstream_addr';
    access_log /dev/stdout calls;
    server_tokens off;

    # The only folder that can be written to.
    client_body_temp_path /tmp/client;
    proxy_temp_path /tmp/proxy;
    fastcgi_temp_path /tmp/fastcgi;
    uwsgi_temp_path /tmp/uwsgi;
    scgi_temp_path /tmp/scgi;

    # Docker's own DNS has the address of every replica, and knows when one comes or goes.
    resolver 127.0.0.11 valid=5s ipv6=off;

    server {
        listen %(port)d default_server;
        client_max_body_size 10m;

        location / {
            # A variable, because a plain name is looked up only once.
            set $replicas %(service)s:%(target)d;
            proxy_pass http://$replicas;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Connection "";
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;

            # Flows stream, and a model may think for long.
            proxy_buffering off;
            proxy_connect_timeout 5s;
            proxy_read_timeout 1h;
            proxy_send_timeout 1h;
        }
    }
}
"""


def configuration(service: str, target: int) -> bytes:
    """nginx.conf for a service of Compose that listens on a port."""
    return (_TEXT % {"port": PORT, "service": service, "target": target}).encode()
