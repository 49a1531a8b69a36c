select
    call_outcome,
    connect_status,
    display_order,
    sentiment,
    todo_action,
    automation,
    category,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'call_outcomes') }}
