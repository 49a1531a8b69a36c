select
    profile_id,
    user_id,
    full_name as user_name,
    email_address,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'permission_profile_users') }}
