select
    flow_id,
    name as flow_name,
    folder_id,
    folder_name,
    created_at,
    is_exclusive,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'flows') }}
