select
    call_id,
    _loaded_at,
    {{ row_place() }} as _place
from {{ source('gong', 'transcripts') }}
