select
    answered_scorecard_id,
    question_id,
    question_revision_id,
    is_overall,
    score,
    answer_text,
    is_not_applicable,
    selected_options,
    _loaded_at
from {{ source('gong', 'scorecard_answers') }}
