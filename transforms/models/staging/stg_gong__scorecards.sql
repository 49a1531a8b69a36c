select
    scorecard_id,
    scorecard_name,
    workspace_id,
    is_enabled,
    updater_user_id,
    created_at,
    updated_at,
    review_method,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'scorecards') }}
