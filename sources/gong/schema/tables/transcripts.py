"""Transcripts: one entity per call, its sentences as parts."""

from __future__ import annotations

from sources.gong.schema.columns import CONTENT, INTEGER, TEXT, Column
from sources.gong.schema.table import Absence, ByIds, Part, Read, Removal, Table, Windows

TRANSCRIPTS = (
    Table(
        "transcripts",
        "one row per call whose transcript has arrived",
        key=("call_id",),
        operation="getCallTranscripts",
        read=Read.AWAITED_CALLS,
        windows=Windows(days=7),
        by_ids=ByIds("filter.callIds"),
        absence=Absence.NOT_YET,
        removal=Removal(purged_with="calls", if_party=True),
        in_arrow=True,
        columns=(Column("call_id", TEXT, "callId", "The call."),),
    ),
    Table(
        "transcript_sentences",
        "one row per sentence of a transcript",
        key=("call_id", "monologue_index", "sentence_index"),
        part=Part("transcripts", ("transcript[].sentences[]",)),
        columns=(
            Column("call_id", TEXT, "$callId", "The call."),
            Column("monologue_index", INTEGER, "^#", "From 0."),
            Column("sentence_index", INTEGER, "#", "Within the monologue, from 0."),
            Column("speaker_id", TEXT, "^speakerId", "Joins to call_parties; may match none."),
            Column("topic", TEXT, "^topic", "Topic of the monologue; null where Gong gives none."),
            Column("start_ms", INTEGER, "start", "From the start of the call."),
            Column("end_ms", INTEGER, "end", "From the start of the call."),
            Column("text", TEXT, "text", "The sentence.", CONTENT),
        ),
    ),
)  # fmt: skip
