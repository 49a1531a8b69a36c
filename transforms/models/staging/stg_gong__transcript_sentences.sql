select
    call_id,
    monologue_index,
    sentence_index,
    speaker_id,
    topic,
    start_ms,
    end_ms,
    text,
    _loaded_at,
    {{ row_place() }} as _place
from {{ source('gong', 'transcript_sentences') }}
