select
    call_id,
    object_index,
    party_index,
    system as crm_system,
    object_type,
    object_id,
    timing,
    _loaded_at,
    {{ row_place() }} as _place
from {{ source('gong', 'call_crm_objects') }}
