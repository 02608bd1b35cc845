"""Shared by the tests of HTTPS: certificates made by openssl, and a collector that has them."""

import base64
import hashlib
import http.client
import os
import ssl
import subprocess

from headroom_test import HeadroomTest
from http_client import Reply

TOKEN = "s3cret-s3cret"


class Authority:
    """A CA in a folder of its own. Its files are named after what is certified: NAME.pem, NAME.key."""

    def __init__(self, folder, name):
        self.folder = os.path.join(folder, name)
        os.mkdir(self.folder)
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                     "-subj", f"/CN={name}", "-keyout", "ca.key", "-out", "ca.pem")
        self.ca = self.path("ca.pem")

    def path(self, name):
        return os.path.join(self.folder, name)

    def openssl(self, *words):
        return subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True, timeout=60).stdout

    def make(self, name, usage, days=30, names="DNS:localhost,IP:127.0.0.1,IP:127.0.0.2"):
        """Returns the paths of a certificate and of its key. usage: serverAuth or clientAuth."""
        with open(self.path("extensions"), "w", encoding="ascii") as file:
            file.write(f"subjectAltName={names}\nextendedKeyUsage={usage}\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                     "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                     "-days", str(days), "-extfile", "extensions", "-out", f"{name}.pem")
        return self.path(f"{name}.pem"), self.path(f"{name}.key")


    def pin(self, name):
        """The SHA-256 of the public key, in base64."""
        key = self.openssl("pkey", "-in", f"{name}.key", "-pubout", "-outform", "DER")
        return base64.b64encode(hashlib.sha256(key).digest()).decode("ascii")


class HttpsTest(HeadroomTest):
    COLLECTOR_FLAGS = ("--flush", "50ms", "--ack-interval", "1s", "--tick", "200ms", "--http", "127.0.0.1:0")

    def setUp(self):
        super().setUp()
        self.authority = Authority(self.folder, "fleet-ca")
        self.server = self.authority.make("server", "serverAuth")

    def start(self, *flags):
        cert, key = self.server
        collector = self.start_collector("--http-cert-file", cert, "--http-key-file", key, *flags)
        self.port = int(collector.wait_log(r"https on 127\.0\.0\.1:(\d+)").group(1))
        return collector

    def start_limited(self, *flags):
        """Clients need the token, or a certificate of the CA."""
        return self.start("--http-token-file", self.write("token", TOKEN + "\n"), "--http-ca-file", self.authority.ca,
                          *flags)

    def context(self, pair=None):
        context = ssl.create_default_context(cafile=self.authority.ca)
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
