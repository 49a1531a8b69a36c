select
    brief_id,
    brief_name,
    workspace_id,
    description as brief_description,
    status,
    creator as creator_email_address,
    creator_user_id,
    created_at,
    updated_at,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'briefs') }}
