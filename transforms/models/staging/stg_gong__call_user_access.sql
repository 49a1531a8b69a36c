select
    call_id,
    user_id,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'call_user_access') }}
