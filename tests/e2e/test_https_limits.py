"""HTTPS over time: clients that do not finish their handshake, and files that are replaced."""

import os
import shutil
import signal
import socket
import time

import headroom_test
from https_case import HttpsTest, local_authority, make_local

HANDSHAKE_S = 5
SWEEP_S = 1
LATE_S = 20  # on a busy machine
CLIENT_HELLO = bytes.fromhex(  # of TLS 1.3, as curl sends it, up to its key share
    "1603010200010001fc0303be73a44a0fb8a30cfd61c218cb766063ecb3ba8d480123456789abcdef0123456789")


class Silent(HttpsTest):
    """Clients that do not finish their handshake."""

    def cpu_s(self, collector):
        with open(f"/proc/{collector.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def silent(self, data, source):
        peer = socket.create_connection(("127.0.0.1", self.port), 20, (source, 0))
        self.addCleanup(peer.close)
        peer.sendall(data)
        return peer

    def test_they_cost_no_cpu_time_and_are_closed(self):
        collector = self.start()
        self.assertEqual(self.get("/healthz").status, 200)
        peers = [self.silent(data, f"127.0.0.{2 + i % 3}") for i in range(8)
                 for data in (b"", CLIENT_HELLO[:6], CLIENT_HELLO)]
        begun, before = time.monotonic(), self.cpu_s(collector)
        time.sleep(2)
        spent = self.cpu_s(collector) - before
        print(f"{spent:.2f} s of CPU time in 2 s, with {len(peers)} silent clients", flush=True)
        self.assertLess(spent, 0.3)  # also with sanitizers; a loop that spins has 2 s
        for peer in peers:
            peer.settimeout(HANDSHAKE_S + SWEEP_S + LATE_S)
            try:
                self.assertEqual(peer.recv(100), b"")
            except ConnectionError:
                pass
        self.assertLess(time.monotonic() - begun, HANDSHAKE_S + SWEEP_S + LATE_S)
        self.assertEqual(self.get("/healthz").status, 200)

    def test_they_have_no_place_that_others_need(self):
        self.start("--http-connections", "8")
        peers = [self.silent(CLIENT_HELLO, f"127.0.0.{2 + i % 3}") for i in range(60)]
        begun = time.monotonic()
        self.assertEqual(self.get("/healthz").status, 200)
        self.assertLess(time.monotonic() - begun, HANDSHAKE_S)
        ended = 0
        for peer in peers:
            peer.setblocking(False)
            try:
                ended += peer.recv(100) == b""
            except BlockingIOError:
                pass
            except ConnectionError:
                ended += 1
        self.assertGreaterEqual(ended, 60 - 8)


class Files(HttpsTest):
    """They are read again when they change, all or nothing."""

    def setUp(self):
        super().setUp()
        self.live = self.path("live")  # as Kubernetes mounts secrets: each name leads through a link that is replaced
        os.mkdir(self.live)
        self.show(self.server, self.authority.certificate)
        for name in ("tls.crt", "tls.key", "ca.crt"):
            os.symlink(f"data/{name}", os.path.join(self.live, name))
        self.server = (os.path.join(self.live, "tls.crt"), os.path.join(self.live, "tls.key"))

    def show(self, pair, authority):
        version = os.path.join(self.live, f"v{len(os.listdir(self.live))}")
        os.mkdir(version)
        for path, name in zip((*pair, authority), ("tls.crt", "tls.key", "ca.crt")):
            shutil.copy(path, os.path.join(version, name))
        os.symlink(version, os.path.join(self.live, "next"))
        os.replace(os.path.join(self.live, "next"), os.path.join(self.live, "data"))

    def serial(self):
        with socket.create_connection(("127.0.0.1", self.port), 20) as peer:
            with self.context().wrap_socket(peer, server_hostname="localhost") as sealed:
                return sealed.getpeercert()["serialNumber"]

    def test_a_new_certificate_is_in_use_without_a_command(self):
        collector = self.start()
        first, connection = self.serial(), self.connect()
        self.show(make_local(self.authority, "renewed", "serverAuth"), self.authority.certificate)
        collector.wait_log("HTTPS: the files were read again; the certificate for CN=renewed is in use")
        self.assertNotEqual(self.serial(), first)
        self.assertEqual(self.ask(connection, "/healthz").status, 200)

    def test_files_that_do_not_fit_change_nothing(self):
        collector = self.start()
        first = self.serial()
        cert, _ = make_local(self.authority, "half", "serverAuth")
        self.show((cert, self.authority.path("ca.key")), self.authority.certificate)
        collector.signal(signal.SIGHUP)
        collector.wait_log("reload failed, the old configuration stays in effect: .*tls.key is not the key of")
        collector.wait_log("HTTPS goes on with the certificate that it has: .*tls.key is not the key of")
        self.assertEqual(self.serial(), first)
        self.show(make_local(self.authority, "whole", "serverAuth"), self.authority.certificate)
        collector.signal(signal.SIGHUP)
        collector.wait_log("the certificate for CN=whole is in use")
        self.assertNotEqual(self.serial(), first)

    def test_who_was_accepted_by_a_ca_that_is_no_more(self):
        other = local_authority(self.folder, "other-ca")
        mine, new = make_local(self.authority, "me", "clientAuth"), make_local(other, "me", "clientAuth")
        collector = self.start("--http-ca-file", os.path.join(self.live, "ca.crt"))
        old = self.connect(mine)
        self.assertEqual(self.ask(old, "/api/v1/fleet").status, 200)
        self.assertEqual(self.get("/api/v1/fleet", new).status, 401)
        self.show((os.path.join(self.live, "tls.crt"), os.path.join(self.live, "tls.key")), other.certificate)
        collector.signal(signal.SIGHUP)
        collector.wait_log("HTTPS: the files were read again")
        self.assertEqual(old.sock.recv(1), b"")
        self.assertEqual(self.get("/api/v1/fleet", mine).status, 401)
        self.assertEqual(self.get("/api/v1/fleet", new).status, 200)

    def test_an_open_key_and_a_certificate_that_is_about_to_expire_are_logged(self):
        self.show(make_local(self.authority, "short", "serverAuth", days=1), self.authority.certificate)
        os.chmod(self.server[1], 0o644)
        collector = self.start()
        collector.wait_log(r"http-key-file: every user can read .*tls\.key \(mode 0644\); chmod o-r it")
        self.assertEqual(collector.log_matches("http-cert-file"), [])  # one of a day is renewed each day
        self.show(make_local(self.authority, "old", "serverAuth", days=-1), self.authority.certificate)
        collector.wait_log(r"http-cert-file: expired .* ago, at \S+ \S+ UTC, and has not been renewed")


if __name__ == "__main__":
    headroom_test.main()
