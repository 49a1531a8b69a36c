select
    scorecard_id,
    question_id,
    question_revision_id,
    question_text,
    is_overall,
    question_type,
    answer_guide,
    min_range,
    max_range,
    answer_options,
    updater_user_id,
    created_at,
    updated_at,
    _loaded_at
from {{ source('gong', 'scorecard_questions') }}
