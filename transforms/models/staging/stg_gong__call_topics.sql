select
    call_id,
    topic_index,
    name as topic_name,
    duration_seconds,
    _loaded_at
from {{ source('gong', 'call_topics') }}
