select
    call_id,
    video_index,
    name as video_kind,
    duration_seconds,
    _loaded_at
from {{ source('gong', 'call_video') }}
