select
    answers.answered_scorecard_id,
    answers.question_id,
    answers.scorecard_id,
    answers.scorecard_name,
    answers.question_text,
    answers.question_type,
    answers.is_current_wording,
    answers.is_overall,
    answers.call_id,
    answers.call_started_at,
    answers.reviewed_user_id,
    reviewed.user_name as reviewed_user_name,
    coalesce(reviewed.team_id, 'unknown') as team_id,
    coalesce(reviewed.team_name, 'Unknown team') as team_name,
    answers.reviewer_user_id,
    reviewer.user_name as reviewer_user_name,
    answers.review_method,
    answers.reviewed_at,
    answers.reviewed_on,
    answers.is_not_applicable,
    answers.score,
    answers.min_range,
    answers.max_range,
    answers.score_share,
    answers.answer_text,
    answers.selected_options
from {{ ref('int_scorecards__answers') }} as answers
left join {{ ref('int_users__teams') }} as reviewed
    on answers.reviewed_user_id = reviewed.user_id
left join {{ ref('int_users__teams') }} as reviewer
    on answers.reviewer_user_id = reviewer.user_id
