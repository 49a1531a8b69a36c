select
    workspace_id,
    name as workspace_name,
    description as workspace_description,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'workspaces') }}
