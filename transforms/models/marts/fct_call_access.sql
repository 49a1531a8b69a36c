select
    access.call_id,
    {{ company_day('calls.started_at') }} as started_on,
    access.user_id,
    users.user_name,
    coalesce(users.team_id, 'unknown') as team_id,
    coalesce(users.team_name, 'Unknown team') as team_name
from {{ ref('stg_gong__call_user_access') }} as access
left join {{ ref('stg_gong__calls') }} as calls
    on access.call_id = calls.call_id
left join {{ ref('int_users__teams') }} as users
    on access.user_id = users.user_id
where
    not access.is_deleted
    and not coalesce(calls.is_deleted, false)
