"""A similarity by time-frequency cells, which needs the model: computed in the background."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Response
from fastapi import Query as Parameter

from specrec.errors import QueryError
from specrec.progress import Progress
from specrec.recommend.library import Library
from specrec.recommend.query import Query
from specrec.serve.asked import Celled, Chosen, row_of
from specrec.serve.media import audio_file
from specrec.serve.rest.answers import document
from specrec.serve.rest.documents_of_search import CellsAnswer
from specrec.serve.rest.studies import COMPUTING, answer_of

router = APIRouter(tags=["explanations"])

_COLUMNS = 200


@router.get("/explain/cells", response_model=CellsAnswer, responses=COMPUTING)
def cells(
    library: Chosen,
    celled: Celled,
    track_id: Annotated[str, Parameter(description="The track whose cells are shown.")],
    other_id: Annotated[str, Parameter(description="The track to which it is similar.")],
) -> Response:
    """What each time-frequency cell of a track adds to its similarity to another track.

    The model hears the track anew, which takes a few seconds; other requests do not wait for it.
    """
    rows = row_of(library, track_id), row_of(library, other_id)
    if rows[0] == rows[1]:
        raise QueryError("give two tracks")
    audio_file(library, rows[0])  # is there, and in the folder of music
    track, other = (library.resolve(row) for row in rows)
    compute: Callable[[Progress], bytes] = partial(_cells, library, track, other)
    return answer_of(celled.study(library.collection, rows, compute), bytes)


def _cells(library: Library, track: Query, other: Query, on_progress: Progress) -> bytes:
    # Here, not above: the model needs torch.
    from specrec.descriptors.mel_db import NOTEBOOK, band_of
    from specrec.recommend.match import map_spectrogram

    made = map_spectrogram(library.collection.model.encoder, track, other)
    edges = made.cells.row_edges_hz
    bands = NOTEBOOK.front_end.n_mels
    height = np.clip((band_of(edges, NOTEBOOK.front_end) + 0.5) / bands, 0, 1)
    return document(
        {
            "similarity": made.cells.similarity,
            "seconds": made.seconds,
            "values": made.cells.picture(_COLUMNS).round(5).tolist(),
            "row_edges_hz": edges.round(1).tolist(),
            "row_edges": height.round(4).tolist(),
        }
    )
