"""A data home without files, and a server to download from."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

# As in the conftest above; here, before a test changes the variable.
DATA = Path(
    os.environ.get("SKLEARN_MTL_DATA") or Path(__file__).parents[3] / "shared" / "data"
)


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """The folder `sklearn_mtl` of a data home, and no other place to look at."""
    monkeypatch.delenv("SKLEARN_MTL_DATA", raising=False)
    folder = tmp_path / "home" / "sklearn_mtl"
    folder.mkdir(parents=True)
    return folder


class Server:
    """It serves `files`, and announces `missing_bytes` more than it sends."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.files: dict[str, bytes] = {}
        self.missing_bytes = 0
        self.requests: list[str] = []


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            found.requests.append(self.path[1:])
            content = found.files.get(self.path[1:])
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content) + found.missing_bytes))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        found = Server(http.server_port)
        thread = threading.Thread(
            target=http.serve_forever, kwargs={"poll_interval": 0.01}
        )
        thread.start()
        yield found
        http.shutdown()
        thread.join()


@pytest.fixture
def shared_folder(monkeypatch) -> Path:
    """The folder of the real data, as the environment variable."""
    monkeypatch.setenv("SKLEARN_MTL_DATA", str(DATA))
    return DATA
