select
    stats_period_id,
    user_id,
    user_email_address,
    period,
    from_on,
    to_on,
    is_complete,
    name as measure_name,
    value as measure_value,
    _loaded_at
from {{ source('gong', 'interaction_stats') }}
