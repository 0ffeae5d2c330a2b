"""Small data sets and a local HTTP server for the tests of cellglass.data."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from scipy import sparse


@pytest.fixture(scope="session")
def whole_counts() -> sparse.csr_matrix:
    """60 cells x 80 genes of negative binomial counts with depths from 100 to 3,000."""
    rng = np.random.default_rng(0)
    depth = rng.uniform(100, 3000, size=(60, 1))
    share = rng.dirichlet(np.full(80, 0.5), size=1)
    counts = rng.poisson(rng.gamma(2.0, depth * share / 2.0))
    counts[:, 0] += 1  # no cell is empty
    return sparse.csr_matrix(counts.astype(np.float32))


@dataclass
class Server:
    """Files by path, and what was asked for."""

    base: str
    files: dict[str, bytes] = field(default_factory=dict)
    truncated: set[str] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve `Server.files` on a free local port."""
    state = Server("")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            state.requests.append(path)
            body = state.files.get(path)
            if body is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if path in state.truncated else body)

        def log_message(self, *args: Any) -> None:
            """Keep quiet."""

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    state.base = f"http://127.0.0.1:{httpd.server_address[1]}"
    yield state
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def gaf_line(symbol: str, qualifier: str, term: str, evidence: str, aspect: str) -> str:
    fields = ["UniProtKB", "P1", symbol, qualifier, term, "PMID:1", evidence, "", aspect]
    return "\t".join([*fields, "name", "", "protein", "taxon:9606", "20260101", "U", "", ""])


GAF = "\n".join(
    [
        "!gaf-version: 2.2",
        "!date-generated: 2026-07-28",
        gaf_line("TP53", "involved_in", "GO:3", "IDA", "P"),
        gaf_line("TP53", "involved_in", "GO:3", "IEA", "P"),
        gaf_line("NA", "involved_in", "GO:2", "IEA", "P"),
        gaf_line("MDM2", "NOT|involved_in", "GO:3", "IDA", "P"),
        gaf_line("LYZ", "located_in", "GO:5", "IDA", "C"),
        gaf_line("XYZ", "involved_in", "GO:1", "ND", "P"),
        "",
    ]
)
HGNC = (
    "hgnc_id\tsymbol\tname\tstatus\talias_symbol\tprev_symbol\tensembl_gene_id\n"
    'HGNC:1\tSEPTIN1\tx\tApproved\t"PNUTL3|LARP"\tSEPT1\tENSG00000180096\n'
    "HGNC:2\tSEPTIN2\tx\tApproved\tDIFF6\tSEPT2\tENSG00000168385\n"
    "HGNC:3\tLARP\tx\tApproved\t\t\tENSG00000155506\n"
    "HGNC:4\tNA\tx\tApproved\tDIFF6\t\t\n"
)
OBO = """format-version: 1.2
data-version: releases/2026-07-26

[Term]
id: GO:0008150
name: biological_process
namespace: biological_process

[Term]
id: GO:0001501
name: skeletal system development
namespace: biological_process
alt_id: GO:0009999
is_a: GO:0008150 {source="x"} ! biological_process
relationship: part_of GO:0005575 ! not an is_a edge

[Term]
id: GO:0002062
name: chondrocyte differentiation
namespace: biological_process
is_a: GO:0001501 ! skeletal system development
is_a: GO:0008150 ! biological_process

[Term]
id: GO:0000001
name: obsolete thing
namespace: biological_process
alt_id: GO:0000002
alt_id: GO:0009999
is_a: GO:0008150
is_obsolete: true

[Typedef]
id: part_of
name: part of
is_a: GO:0008150
"""


@pytest.fixture(scope="session")
def gaf_text() -> str:
    """GO annotations: one NOT, one without data, one of another aspect."""
    return GAF


@pytest.fixture(scope="session")
def hgnc_text() -> str:
    """Four genes with aliases that mean one, two or an approved other gene."""
    return HGNC


@pytest.fixture(scope="session")
def obo_text() -> str:
    """Three live terms, one obsolete, part_of and is_a edges."""
    return OBO
