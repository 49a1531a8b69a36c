select
    integration_id,
    object_type,
    crm_id,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'crm_objects') }}
