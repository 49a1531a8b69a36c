select
    call_id,
    highlight_index,
    item_index,
    title,
    text,
    start_times_seconds,
    _loaded_at
from {{ source('gong', 'call_highlights') }}
