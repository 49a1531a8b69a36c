select
    answered_scorecard_id,
    scorecard_id,
    scorecard_name,
    call_id,
    call_started_at,
    reviewed_user_id,
    reviewer_user_id,
    review_method,
    editor_user_id,
    reviewed_at,
    visibility_type,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'answered_scorecards') }}
