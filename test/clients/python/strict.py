"""Mutual TLS as Python's verifier has it at its strictest, which is the default from 3.13 on; then Kafka's first question."""

import socket
import ssl
import struct
import sys

address, ca, key, cert = sys.argv[1:]
host, port = address.rsplit(":", 1)

context = ssl.create_default_context(cafile=ca)
context.verify_flags |= ssl.VERIFY_X509_STRICT
context.load_cert_chain(cert, key)

with socket.create_connection((host, int(port))) as plain:
    with context.wrap_socket(plain, server_hostname=host) as connection:
        # ApiVersions v0, correlation id 7, no client id.
        request = struct.pack(">hhih", 18, 0, 7, -1)
        connection.sendall(struct.pack(">i", len(request)) + request)
        answer = b""
        while len(answer) < 10:
            piece = connection.recv(10 - len(answer))
            assert piece, "the connection was closed"
            answer += piece
        size, correlation_id, error = struct.unpack(">iih", answer)
        assert correlation_id == 7 and error == 0, (correlation_id, error)
        print(connection.version(), size)
