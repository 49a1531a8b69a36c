select
    user_id,
    folder_id,
    name as folder_name,
    parent_folder_id,
    created_by_id as creator_user_id,
    visibility,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'flow_folders') }}
