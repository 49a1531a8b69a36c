select
    flow_id,
    step_index,
    step_id,
    step_order,
    action as step_action,
    subject,
    body,
    is_reply,
    flow_description,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'flow_steps') }}
