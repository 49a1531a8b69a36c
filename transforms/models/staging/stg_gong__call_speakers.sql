select
    call_id,
    speaker_id,
    user_id,
    talk_time_seconds,
    _loaded_at,
    {{ row_place() }} as _place
from {{ source('gong', 'call_speakers') }}
