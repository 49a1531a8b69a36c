select
    call_id,
    _loaded_at
from {{ source('gong', 'transcripts') }}
