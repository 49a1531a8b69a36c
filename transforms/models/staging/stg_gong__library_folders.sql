select
    folder_id,
    workspace_id,
    name as folder_name,
    parent_folder_id,
    created_by as creator_user_id,
    updated_at,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'library_folders') }}
