select
    stats_period_id,
    table_name,
    period,
    from_on,
    to_on,
    is_complete,
    _loaded_at
from {{ source('gong', 'stats_periods') }}
