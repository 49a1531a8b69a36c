select
    integration_id,
    object_type,
    crm_id,
    name as field_name,
    value as field_value,
    value_type,
    _loaded_at
from {{ source('gong', 'crm_object_fields') }}
