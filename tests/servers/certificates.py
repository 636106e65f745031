"""A certificate authority of our own, for servers that only tests talk to."""

import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files a server and its clients need; `fingerprint` is SHA-256 over the leaf's DER."""

    ca_file: Path
    cert_file: Path
    key_file: Path
    fingerprint: str


def write_certificates(folder: Path, *names: str, subject: str | None = None) -> Certificates:
    """A fresh authority and a leaf for `names` ("localhost" and 127.0.0.1 if none is given).

    Both call themselves `subject` in every field that there is.
    """
    authority = trustme.CA(organization_name=subject, organization_unit_name=subject)
    leaf = authority.issue_cert(
        *(names or ("localhost", "127.0.0.1")),
        common_name=subject,
        organization_name=subject,
        organization_unit_name=subject,
    )
    ca_file, cert_file, key_file = (folder / name for name in ("ca.pem", "cert.pem", "key.pem"))
    authority.cert_pem.write_to_path(ca_file)
    key_file.touch(mode=0o600)
    leaf.private_key_pem.write_to_path(key_file)
    chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
    cert_file.write_bytes(chain)
    der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    return Certificates(ca_file, cert_file, key_file, "sha256:" + hashlib.sha256(der).hexdigest())
