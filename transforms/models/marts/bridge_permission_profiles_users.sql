select
    profile_id,
    user_id,
    user_name,
    email_address
from {{ ref('stg_gong__permission_profile_users') }}
where not is_deleted
