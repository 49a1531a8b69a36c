select
    user_id,
    email_alias,
    _loaded_at
from {{ source('gong', 'user_email_aliases') }}
