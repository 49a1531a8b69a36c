select
    call_id,
    tracker_id,
    phrase_index,
    phrase,
    count as heard_count,
    _loaded_at,
    {{ row_place() }} as _place
from {{ source('gong', 'call_tracker_phrases') }}
