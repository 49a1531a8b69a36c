select
    user_id,
    setting,
    changed_at,
    change_index,
    value as is_on,
    _loaded_at
from {{ source('gong', 'user_settings_history') }}
