select
    call_id,
    object_index,
    name as field_name,
    value as field_value,
    value_type,
    _loaded_at,
    {{ row_place() }} as _place
from {{ source('gong', 'call_crm_fields') }}
