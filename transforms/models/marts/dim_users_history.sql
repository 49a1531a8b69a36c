select
    user_id,
    user_name,
    valid_from_at,
    valid_to_at,
    valid_to_at is null as is_current,
    email_address,
    title,
    is_active,
    manager_user_id,
    manager_name,
    team_id,
    team_name
from {{ ref('int_users__history') }}
where valid_from_at is not null
