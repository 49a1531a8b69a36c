select
    call_id,
    tracker_id,
    occurrence_index,
    phrase_index,
    start_seconds,
    speaker_id,
    _loaded_at,
    {{ row_place() }} as _place
from {{ source('gong', 'call_tracker_occurrences') }}
