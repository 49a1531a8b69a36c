select
    call_id,
    section_index,
    item_index,
    section,
    section_start_seconds,
    section_duration_seconds,
    text,
    start_seconds,
    _loaded_at
from {{ source('gong', 'call_outline') }}
