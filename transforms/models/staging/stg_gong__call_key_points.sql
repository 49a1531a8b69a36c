select
    call_id,
    key_point_index,
    text,
    _loaded_at
from {{ source('gong', 'call_key_points') }}
