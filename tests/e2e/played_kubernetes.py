"""The part of the Kubernetes API that packaging/hooks/kubernetes-scale uses, over HTTPS with a CA of its own: objects
that are read and changed by a merge patch, optimistic locking by resourceVersion, and the answers of an API that
refuses. Answers have the form that Kubernetes gives them."""

import copy
import http.server
import json
import os
import shutil
import ssl
import sys
import threading

from authority import Authority

TOKEN = "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl"
REASONS = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 415: "UnsupportedMediaType",
           429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable"}


def scale(name, replicas, exist=None):
    """What the subresource `scale` of an object shows. Like Kubernetes, it omits a spec.replicas of 0."""
    return {"kind": "Scale", "apiVersion": "autoscaling/v1",
            "metadata": {"name": name, "namespace": "shop", "uid": "5a6e", "resourceVersion": "1000",
                         "creationTimestamp": "2026-11-01T08:00:00Z"},
            "spec": {"replicas": replicas} if replicas else {},
            "status": {"replicas": replicas if exist is None else exist, "selector": f"app={name}"}}


class Fault:
    """What happens to one request with this method. `before`: is called before the API looks at the request; `status`:
    the API refuses it; `after`: is called when it was carried out, before the answer."""

    def __init__(self, method, status=None, headers=None, message="the API is out of order", before=None, after=None):
        self.method = method
        self.status = status
        self.headers = headers or {}
        self.message = message
        self.before = before or (lambda: None)
        self.after = after or (lambda: None)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, value, headers=()):
        # Kubernetes formats answers for clients that call themselves curl.
        pretty = self.headers.get("User-Agent", "").startswith("curl")
        body = json.dumps(value, indent=2 if pretty else None, separators=None if pretty else (",", ":")).encode()
        self.send_response(status)
        fixed = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, text in {**fixed, **dict(headers)}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, message, headers=()):
        self.answer(status, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                             "message": message, "reason": REASONS[status], "code": status}, headers)

    def handle_request(self):
        api = self.server.api
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        fault = api.note_request(self.command, self.path, body)
        fault.before()
        if fault.status is not None:
            self.refuse(fault.status, fault.message, fault.headers)
            return
        with api.lock:
            status, value = self.carry_out(body)
            value = copy.deepcopy(value)
        fault.after()
        if status == 200:
            self.answer(status, value)
        else:
            self.refuse(status, value)

    def carry_out(self, body):
        """Returns the status, and the object or why not."""
        api = self.server.api
        if self.headers.get("Authorization") != f"Bearer {api.token}":
            return 401, "Unauthorized"
        found = api.objects.get(self.path)
        if found is None:
            return 404, "the server could not find the requested resource"
        if self.command == "PATCH":
            if self.headers.get("Content-Type") != "application/merge-patch+json":
                return 415, "the body of the request was in an unknown format"
            patch = json.loads(body)
            if patch.get("metadata", {}).get("resourceVersion", found["metadata"]["resourceVersion"]) != \
                    found["metadata"]["resourceVersion"]:
                return 409, (f'Operation cannot be fulfilled on "{found["metadata"]["name"]}": the object has been '
                             "modified; please apply your changes to the latest version and try again")
            api.set_replicas(self.path, patch["spec"]["replicas"])
        return 200, found

    do_GET = do_PATCH = do_PUT = do_POST = do_DELETE = handle_request


class PlayedKubernetes(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that was killed is no error of the server."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Api:
    """`folder`: for the certificates and what a pod has as its service account."""

    def __init__(self, folder):
        self.lock = threading.RLock()
        self.ended = threading.Event()
        self.token = TOKEN
        self.objects = {}   # path: object
        self.requests = []  # (method, path, body)
        self.faults = []    # each is for one request
        self.wanted = {}    # path: [spec.replicas, ...]
        self.is_instant = False  # whether what is wanted exists at once
        self.credentials = os.path.join(folder, "serviceaccount")
        authority = Authority(os.path.join(folder, "authority"))
        os.makedirs(self.credentials)
        shutil.copy(authority.certificate, os.path.join(self.credentials, "ca.crt"))
        self.give_token(TOKEN)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.sign("kubernetes", "IP:127.0.0.1", use="serverAuth"))
        self.server = PlayedKubernetes(("127.0.0.1", 0), Handler)
        self.server.api = self
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self.thread.start()

    def give_token(self, token):
        with open(os.path.join(self.credentials, "token"), "w", encoding="ascii") as file:
            file.write(token)

    def variables(self, map_path):
        """The environment of a hook in a pod."""
        return {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(self.server.server_address[1]),
                "HEADROOM_KUBERNETES_CREDENTIALS": self.credentials, "HEADROOM_KUBERNETES_MAP": map_path}

    def note_request(self, method, path, body):
        """Returns the fault that it meets."""
        with self.lock:
            self.requests.append((method, path, body))
            found = next((fault for fault in self.faults if fault.method == method), None)
            if found is not None:
                self.faults.remove(found)
            return found or Fault(method)

    def hang(self):
        self.ended.wait()

    def put(self, path, value):
        with self.lock:
            self.objects[path] = value
            self.wanted[path] = [value["spec"].get("replicas", 0)]

    def touch(self, path):
        """The object changes: its resourceVersion, too."""
        with self.lock:
            metadata = self.objects[path]["metadata"]
            metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)

    def set_replicas(self, path, replicas):
        with self.lock:
            self.objects[path]["spec"]["replicas"] = replicas
            if self.is_instant:
                self.objects[path]["status"]["replicas"] = replicas
            self.wanted[path].append(replicas)
            self.touch(path)

    def set_status(self, path, exist):
        with self.lock:
            if self.objects[path]["status"].get("replicas") != exist:
                self.objects[path]["status"]["replicas"] = exist
                self.touch(path)

    def replicas(self, path):
        with self.lock:
            return self.objects[path]["spec"].get("replicas", 0)

    def methods(self):
        with self.lock:
            return [method for method, _, _ in self.requests]

    def end(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
