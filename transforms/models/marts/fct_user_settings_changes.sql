select
    changes.user_id,
    users.user_name,
    changes.setting,
    changes.changed_at,
    {{ company_day('changes.changed_at') }} as changed_on,
    changes.change_index,
    changes.is_on
from {{ ref('stg_gong__user_settings_history') }} as changes
inner join {{ ref('dim_users') }} as users
    on changes.user_id = users.user_id
