"""Shared by the tests of HTTPS: certificates made by openssl, and a collector that has them."""

import http.client
import os
import ssl

from authority import Authority
from headroom_test import HeadroomTest
from http_client import Reply

TOKEN = "s3cret-s3cret"


LOCAL = "DNS:localhost,IP:127.0.0.1,IP:127.0.0.2"


def local_authority(folder, name):
    return Authority(os.path.join(folder, name), name)


def make_local(authority, name, use, days=30):
    """The paths of a certificate for this machine and of its key. use: serverAuth or clientAuth."""
    return authority.sign(name, LOCAL, use=use, begin=min(-60, 2 * days * 86400), end=days * 86400)


class HttpsTest(HeadroomTest):
    COLLECTOR_FLAGS = ("--flush", "50ms", "--ack-interval", "1s", "--tick", "200ms", "--http", "127.0.0.1:0")

    def setUp(self):
        super().setUp()
        self.authority = local_authority(self.folder, "fleet-ca")
        self.server = make_local(self.authority, "server", "serverAuth")

    def start(self, *flags):
        cert, key = self.server
        collector = self.start_collector("--http-cert-file", cert, "--http-key-file", key, *flags)
        self.port = int(collector.wait_log(r"https on 127\.0\.0\.1:(\d+)").group(1))
        return collector

    def start_limited(self, *flags):
        """Clients need the token, or a certificate of the CA."""
        return self.start("--http-token-file", self.write("token", TOKEN + "\n"), "--http-ca-file", self.authority.certificate,
                          *flags)

    def context(self, pair=None):
        context = ssl.create_default_context(cafile=self.authority.certificate)
        if pair is not None:
            context.load_cert_chain(*pair)
        return context

    def connect(self, pair=None, source="127.0.0.1"):
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=40, context=self.context(pair),
                                                 source_address=(source, 0))
        self.addCleanup(connection.close)
        connection.connect()
        return connection

    def ask(self, connection, path, **headers):
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return Reply(response, response.read())

    def get(self, path, pair=None, **headers):
        connection = self.connect(pair)
        try:
            return self.ask(connection, path, **headers)
        finally:
            connection.close()
