"""Public screens by their accessions, for messages that say exactly which file is missing."""

from __future__ import annotations

from dataclasses import dataclass

from cellglass.data.screens.metadata import Modality

SCPERTURB = "10.5281/zenodo.13350497"
"""Record of scPerturb's RNA files (version 1.4), where each is a single .h5ad."""


@dataclass(frozen=True)
class PublicScreen:
    """A published screen.

    Parameters
    ----------
    name
        As the evaluated paper calls it.
    study
        Authors and year.
    modality
        As the original publication states it, which need not be what later tables say.
    cell_line
        Cell line or type.
    accession
        Of the original data.
    file
        Name of the file in scPerturb.
    doi
        Of the publication.
    note
        What to know before it is used.

    Examples
    --------
    >>> PUBLIC_SCREENS["Replogle RPE1"].accession
    'BioProject PRJNA831566'
    """

    name: str
    study: str
    modality: Modality
    cell_line: str
    accession: str
    file: str
    doi: str
    note: str = ""

    @property
    def where(self) -> str:
        """Where to get it, in a line."""
        return f"{self.file} of scPerturb, doi:{SCPERTURB} (original: {self.accession})"


_REPLOGLE = "10.1016/j.cell.2022.05.013"
_SCREENS = (
    PublicScreen(
        "Replogle K562", "Replogle et al. 2022", "CRISPRi", "K562", "BioProject PRJNA831566",
        "ReplogleWeissman2022_K562_essential.h5ad", _REPLOGLE,
        "files that join several lines, or hold log values, circulate: line and scale are read "
        "from the data",
    ),
    PublicScreen(
        "Replogle RPE1", "Replogle et al. 2022", "CRISPRi", "hTERT-RPE1",
        "BioProject PRJNA831566", "ReplogleWeissman2022_rpe1.h5ad", _REPLOGLE,
    ),
    PublicScreen(
        "Adamson", "Adamson et al. 2016", "CRISPRi", "K562", "GEO GSE90546",
        "AdamsonWeissman2016_GSM2406681_10X010.h5ad", "10.1016/j.cell.2016.11.048",
        "called CRISPRa in the evaluated paper; the original study is CRISPRi",
    ),
    PublicScreen(
        "Dixit", "Dixit et al. 2016", "CRISPRko", "K562", "GEO GSE90063",
        "DixitRegev2016_K562_TFs_13_days.h5ad", "10.1016/j.cell.2016.11.038",
        "labels are guides; the time point is part of the file",
    ),
    PublicScreen(
        "Shifrut", "Shifrut et al. 2018", "CRISPRko", "primary T cells", "GEO GSE119450",
        "ShifrutMarson2018.h5ad", "10.1016/j.cell.2018.10.024",
        "called CRISPRi in the evaluated paper; cells without a guide are labelled as controls in "
        "old versions of the file; two donors, with and without stimulation",
    ),
    PublicScreen(
        "Tian", "Tian et al. 2021", "CRISPRi", "iPSC-derived neurons", "GEO GSE152988",
        "TianKampmann2021_CRISPRi.h5ad", "10.1038/s41593-021-00862-0",
    ),
)  # fmt: skip

PUBLIC_SCREENS: dict[str, PublicScreen] = {s.name: s for s in _SCREENS}
