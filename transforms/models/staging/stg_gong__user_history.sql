select
    user_id,
    valid_from_at,
    valid_to_at,
    email_address,
    title,
    is_active,
    manager_id as manager_user_id,
    _loaded_at
from {{ source('gong', 'user_history') }}
