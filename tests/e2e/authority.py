"""A CA that tests run with openssl, and the certificates that it signs."""

import base64
import hashlib
import os
import subprocess
import time

CONFIG = """
[ca]
default_ca = own
[own]
dir = {folder}
database = $dir/index
new_certs_dir = $dir
certificate = $dir/ca.pem
private_key = $dir/ca.key
rand_serial = yes
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = optional
organizationalUnitName = optional
"""


def openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"openssl {' '.join(words)}: {done.stderr}")
    return done.stdout


def stamp(seconds):
    """That many seconds from now."""
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds))


def make_key(path, kind="P-256"):
    if kind.startswith("rsa"):
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{kind[3:]}", "-out", path)
    elif kind == "ed25519":
        openssl("genpkey", "-algorithm", "ed25519", "-out", path)
    else:
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{kind}", "-out", path)


class Authority:
    def __init__(self, folder, name="fleet ca"):
        self.folder = folder
        os.makedirs(folder)
        self.config = self.path("openssl.cnf")
        self.write("openssl.cnf", CONFIG.format(folder=folder))
        self.write("index", "")
        self.certificate = self.path("ca.pem")
        make_key(self.path("ca.key"))
        openssl("req", "-x509", "-new", "-key", self.path("ca.key"), "-subj", f"/CN={name}", "-days", "3650", "-addext",
                "keyUsage=critical,keyCertSign,cRLSign", "-out", self.certificate)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def sign(self, name, san, unit=None, use="clientAuth", begin=-60, end=30 * 86400, kind="P-256"):
        """The paths of a certificate and its key. san: as in DNS:web-3, or None; begin and end: seconds from now."""
        key, request, certificate = (self.path(f"{name}.{end}") for end in ("key", "csr", "pem"))
        make_key(key, kind)
        subject = (f"/OU={unit}" if unit else "") + f"/CN={name}"
        openssl("req", "-new", "-key", key, "-subj", subject, "-out", request)
        lines = ["basicConstraints=CA:FALSE", "keyUsage=digitalSignature"]
        if san:
            lines.append(f"subjectAltName={san}")
        if use:
            lines.append(f"extendedKeyUsage={use}")
        extensions = self.write(f"{name}.ext", "\n".join(lines) + "\n")
        openssl("ca", "-batch", "-notext", "-config", self.config, "-in", request, "-out", certificate, "-extfile", extensions,
                "-startdate", stamp(begin), "-enddate", stamp(end))
        return certificate, key

    def pin(self, name):
        """The SHA-256 of its public key, in base64."""
        openssl("pkey", "-in", self.path(f"{name}.key"), "-pubout", "-outform", "DER", "-out", self.path(f"{name}.der"))
        with open(self.path(f"{name}.der"), "rb") as file:
            return base64.b64encode(hashlib.sha256(file.read()).digest()).decode("ascii")

    def revoke(self, certificate):
        openssl("ca", "-config", self.config, "-revoke", certificate)

    def list_revoked(self, path):
        openssl("ca", "-config", self.config, "-gencrl", "-out", path)
        return path
