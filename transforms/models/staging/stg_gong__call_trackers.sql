select
    call_id,
    tracker_id,
    name as tracker_name,
    count as heard_count,
    type as tracker_type,
    _loaded_at,
    {{ row_place() }} as _place
from {{ source('gong', 'call_trackers') }}
