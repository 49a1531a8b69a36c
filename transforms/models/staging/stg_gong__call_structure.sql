select
    call_id,
    structure_index,
    name as part_name,
    duration_seconds,
    _loaded_at
from {{ source('gong', 'call_structure') }}
