select
    stats_period_id,
    user_id,
    user_email_address,
    activity_on,
    activity,
    call_id,
    _loaded_at
from {{ source('gong', 'activity_daily_calls') }}
