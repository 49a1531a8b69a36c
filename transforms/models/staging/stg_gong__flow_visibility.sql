select
    flow_id,
    user_id,
    visibility,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'flow_visibility') }}
