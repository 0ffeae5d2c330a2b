"""References of others that cellglass knows how to fetch; nothing of them ships inside the package.

Hashes were taken from public records that agree with each other (two or more projects that pin the
same file); where there is no such record the hash is None: it is recorded at the first fetch and
verified from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reader = Literal["network", "gene_sets", "gene_table"]
GO_RELEASE = "2026-08-05"
HGNC_RELEASE = "2026-07-07"
REACTOME_RELEASE = "97"


@dataclass(frozen=True)
class ResourceFile:
    """One file of a resource.

    Parameters
    ----------
    filename
        Name in the cache.
    url
        Where its publisher offers it.
    sha256
        Pinned hash: anything else is refused.
    known_sha256
        Hash of a copy known to be good, where the publisher's address carries no version: anything
        else is refused unless accepted explicitly.
    size
        Bytes, if known.
    """

    filename: str
    url: str
    sha256: str | None = None
    known_sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class Resource:
    """A reference of others.

    Parameters
    ----------
    name
        As in ``cellglass data fetch NAME``.
    title
        What it is.
    version
        Release.
    files
        The main file first.
    licence
        As its publisher states it.
    citation
        What to cite.
    reader
        What it is read as.
    """

    name: str
    title: str
    version: str
    files: tuple[ResourceFile, ...]
    licence: str
    citation: str
    reader: Reader

    @property
    def size(self) -> int | None:
        """Bytes of all files, if all are known."""
        sizes = [f.size for f in self.files]
        return None if None in sizes else sum(s for s in sizes if s is not None)


_TRRUST = Resource(
    "trrust",
    "TRRUST v2: transcription factors and targets of human, curated from the literature",
    "v2",
    (
        ResourceFile(
            "trrust_rawdata.human.tsv",
            "https://www.grnpedia.org/trrust/data/trrust_rawdata.human.tsv",
            known_sha256="9b909319ccc8e36588b5a1bd3640e0dfba03936c6fc154cc4304d742bec11bed",
            size=297_659,
        ),
    ),
    "CC BY-SA 4.0",
    "Han et al., Nucleic Acids Research 2018, doi:10.1093/nar/gkx1013",
    "network",
)
_COLLECTRI = Resource(
    "collectri",
    "CollecTRI: signed transcription factor - target regulons of human",
    "Zenodo 8192729",
    (
        ResourceFile(
            "CollecTRI_regulons.csv",
            "https://zenodo.org/records/8192729/files/CollecTRI_regulons.csv",
            sha256="4473c9189dd53dacc80297709ad1452dda1086a1cc2185f9a56146c261668701",
            size=4_345_649,
        ),
    ),
    "CC BY 4.0 (record); resources joined in it have terms of their own",
    "Mueller-Dott et al., Nucleic Acids Research 2023, doi:10.1093/nar/gkad841",
    "network",
)
_DOROTHEA = Resource(
    "dorothea",
    "DoRothEA: transcription factor - target regulons of human, confidence A to C, from OmniPath",
    "OmniPath web service at the day of fetching",
    (
        ResourceFile(
            "dorothea_human_ABC.tsv",
            "https://omnipathdb.org/interactions?datasets=dorothea&dorothea_levels=A,B,C"
            "&fields=dorothea_level&genesymbols=1&format=tsv&organisms=9606&license=academic",
        ),
    ),
    "GPL-3 (package); resources joined in it have terms of their own, some academic",
    "Garcia-Alonso et al., Genome Research 2019, doi:10.1101/gr.240663.118",
    "network",
)
_STRING = Resource(
    "string",
    "STRING: functional associations of human proteins",
    "12.0",
    (
        ResourceFile(
            "9606.protein.links.v12.0.txt.gz",
            "https://stringdb-downloads.org/download/protein.links.v12.0/"
            "9606.protein.links.v12.0.txt.gz",
            sha256="3e22f32572211aa341d5b4bd08d30c32e693e294603202120936872f87719d4f",
            size=83_164_437,
        ),
        ResourceFile(
            "9606.protein.info.v12.0.txt.gz",
            "https://stringdb-downloads.org/download/protein.info.v12.0/"
            "9606.protein.info.v12.0.txt.gz",
            sha256="144de4b0d98c6a7dfde6ddc2591cf88657f27b989eadff4f501450c3ed1f0f1c",
            size=1_970_090,
        ),
    ),
    "CC BY 4.0",
    "Szklarczyk et al., Nucleic Acids Research 2023, doi:10.1093/nar/gkac1000",
    "network",
)
_GO = Resource(
    "go",
    "Gene Ontology: annotations of human genes and the ontology",
    GO_RELEASE,
    (
        ResourceFile(
            "HUMAN-uniprot.gaf.gz",
            f"https://release.geneontology.org/{GO_RELEASE}/annotations/gaf/HUMAN-uniprot.gaf.gz",
            sha256="a0afba19dfb1f8fa996bc1bdcd61fd0c9bd4cf0d2bf2509d09ac86993c0e70a2",
        ),
        ResourceFile(
            "go-basic.obo",
            f"https://release.geneontology.org/{GO_RELEASE}/ontology/go-basic.obo",
            sha256="b08d45b268b8c24ccb2513dbbbc7d4df9f6521c099b413f79eb31e06e0fa3bcc",
            size=32_227_785,
        ),
    ),
    "CC BY 4.0",
    "Gene Ontology Consortium, Genetics 2023, doi:10.1093/genetics/iyad031; Ashburner et al., "
    "Nature Genetics 2000, doi:10.1038/75556",
    "gene_sets",
)
_REACTOME = Resource(
    "reactome",
    "Reactome: human pathways",
    REACTOME_RELEASE,
    (
        ResourceFile(
            "ReactomePathways.gmt.zip",
            f"https://download.reactome.org/{REACTOME_RELEASE}/ReactomePathways.gmt.zip",
            sha256="8c1dbc8578431da5d2d5118262718c60b553a9be3398e93658daa069e4a9afd4",
            size=298_479,
        ),
    ),
    "CC0 1.0",
    "Milacic et al., Nucleic Acids Research 2024, doi:10.1093/nar/gkad1025",
    "gene_sets",
)
_HGNC = Resource(
    "hgnc",
    "HGNC complete set: approved symbols, aliases and Ensembl ids of human genes",
    HGNC_RELEASE,
    (
        ResourceFile(
            f"hgnc_complete_set_{HGNC_RELEASE}.txt",
            "https://storage.googleapis.com/public-download-files/hgnc/archive/archive/quarterly/"
            f"tsv/hgnc_complete_set_{HGNC_RELEASE}.txt",
            sha256="e73e9259177884b5994fc81ed733c1b3d4df34c84290bc9dddc86e960d5d6419",
            size=16_913_890,
        ),
    ),
    "CC0 1.0",
    "Seal et al., Nucleic Acids Research 2023, doi:10.1093/nar/gkac888",
    "gene_table",
)

CATALOGUE: dict[str, Resource] = {
    r.name: r for r in (_TRRUST, _COLLECTRI, _DOROTHEA, _STRING, _GO, _REACTOME, _HGNC)
}
