select
    call_id,
    name as measure_name,
    value as measure_value,
    _loaded_at
from {{ source('gong', 'call_interaction_stats') }}
