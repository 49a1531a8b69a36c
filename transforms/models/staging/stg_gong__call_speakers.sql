select
    call_id,
    speaker_id,
    user_id,
    talk_time_seconds,
    _loaded_at
from {{ source('gong', 'call_speakers') }}
