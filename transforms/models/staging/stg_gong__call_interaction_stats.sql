select
    call_id,
    name as measure_name,
    value as measure_value,
    _loaded_at,
    {{ row_place() }} as _place
from {{ source('gong', 'call_interaction_stats') }}
