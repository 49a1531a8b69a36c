select
    email_address,
    user_id,
    is_known,
    is_ready,
    user_facing_error,
    fix_url,
    help_url
from {{ ref('stg_gong__meeting_integrations') }}
where not is_deleted
