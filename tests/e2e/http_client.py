"""An HTTP client for the collector."""

import http.client
import json
import re


class Reply:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = body

    def text(self):
        return self.body.decode("utf-8")

    def json(self):
        """Strict: rejects NaN and duplicate keys."""
        def whole(pairs):
            keys = [key for key, _ in pairs]
            if len(set(keys)) != len(keys):
                raise AssertionError(f"duplicate key: {keys}")
            return dict(pairs)

        def refuse(text):
            raise AssertionError(f"{text} is no JSON")

        return json.loads(self.body, object_pairs_hook=whole, parse_constant=refuse)


def request(port, method, path, body=None, headers=None, timeout=20, host="127.0.0.1"):
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.putrequest(method, path, skip_host="Host" in (headers or {}))
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return Reply(response, response.read())
    finally:
        connection.close()


def get(port, path, **headers):
    return request(port, "GET", path, headers=headers)


def post_samples(port, samples):
    """Posts samples as the Python system's agents do."""
    return request(port, "POST", "/metrics", json.dumps(samples).encode(), {"Content-Type": "application/json"})


def batches_by_form(port):
    """How many batches of agents took the fast path ("scanned"), and how many did not ("decoded")."""
    values = re.findall(r'^headroom_batches_received_total\{form="(\w+)"\} (\d+)$', get(port, "/metrics").text(), re.M)
    return {form: int(count) for form, count in values}
