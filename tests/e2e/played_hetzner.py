"""Plays the part of Hetzner's API that `hcloud server list, create, describe and delete` need."""

import itertools
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

DONE = {"id": 1, "status": "success", "progress": 100, "command": "any", "started": "2026-01-01T00:00:00Z",
        "finished": "2026-01-01T00:00:00Z", "resources": [], "error": None}
LOCATION = {"id": 1, "name": "fsn1"}
SERVER_TYPE = {"id": 1, "name": "cx22", "architecture": "x86"}
IMAGE = {"id": 1, "name": "debian-12", "type": "system", "architecture": "x86", "status": "available"}


class PlayedHetzner(ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.servers = {}
        self.ids = itertools.count(101)
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def end(self):
        self.shutdown()
        self.server_close()

    def names(self):
        return sorted(server["name"] for server in self.servers.values())

    def create(self, name, labels):
        """None if another server has that name."""
        with self.lock:
            if name in self.names():
                return None
            server_id = next(self.ids)
            self.servers[server_id] = {
                "id": server_id, "name": name, "labels": labels, "status": "running", "created": "2026-01-01T00:00:00Z",
                "public_net": {"ipv4": {"ip": "192.0.2.1", "blocked": False, "dns_ptr": "x"},
                               "ipv6": {"ip": "2001:db8::/64", "blocked": False, "dns_ptr": []},
                               "floating_ips": [], "firewalls": []},
                "private_net": [], "server_type": SERVER_TYPE, "image": IMAGE, "iso": None, "volumes": [],
                "datacenter": {"id": 1, "name": "fsn1-dc14", "location": LOCATION}, "load_balancers": [],
                "protection": {"delete": False, "rebuild": False}, "primary_disk_size": 40}
            return self.servers[server_id]


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_list(self, what, values):
        page = {"page": 1, "per_page": 50, "previous_page": None, "next_page": None, "last_page": 1,
                "total_entries": len(values)}
        self.answer(200, {what: values, "meta": {"pagination": page}})

    def refuse(self, status, code, message):
        self.answer(status, {"error": {"code": code, "message": message}})

    def found(self):
        """The server of the path, or None after an answer."""
        word = urlparse(self.path).path.split("/")[2]
        server = self.server.servers.get(int(word)) if word.isdigit() else None
        if server is None:
            self.refuse(404, "not_found", "server not found")
        return server

    def do_GET(self):
        url = urlparse(self.path)
        name = parse_qs(url.query).get("name", [None])[0]
        if url.path == "/servers":
            self.answer_list("servers", [server for server in list(self.server.servers.values())
                                         if name in (None, server["name"])])
        elif url.path.startswith("/servers/"):
            server = self.found()
            if server:
                self.answer(200, {"server": server})
        elif url.path == "/actions":
            self.answer_list("actions", [DONE])
        elif url.path.startswith("/actions/"):
            self.answer(200, {"action": DONE})
        elif url.path == "/server_types":
            self.answer_list("server_types", [SERVER_TYPE])
        elif url.path == "/images":
            self.answer_list("images", [IMAGE])
        else:
            self.refuse(404, "not_found", f"nothing at {url.path}")

    def do_POST(self):
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server.create(given["name"], given.get("labels") or {})
        if server:
            self.answer(201, {"server": server, "action": DONE, "next_actions": [], "root_password": "secret"})
        else:
            self.refuse(409, "uniqueness_error", "server name is already used")

    def do_DELETE(self):
        server = self.found()
        if server:
            del self.server.servers[server["id"]]
            self.answer(200, {"action": DONE})
