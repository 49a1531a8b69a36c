select
    email as email_address,
    user_id,
    is_existing as is_known,
    is_valid as is_ready,
    user_facing_error,
    fix_url,
    help_url,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'meeting_integrations') }}
