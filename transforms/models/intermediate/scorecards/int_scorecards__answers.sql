select
    review.answered_scorecard_id,
    answer.question_id,
    review.scorecard_id,
    review.scorecard_name,
    review.call_id,
    review.call_started_at,
    review.reviewed_user_id,
    review.reviewer_user_id,
    review.review_method,
    review.reviewed_at,
    {{ company_day('review.reviewed_at') }} as reviewed_on,
    question.question_text,
    question.question_type,
    coalesce(answer.question_revision_id = question.question_revision_id, false)
        as is_current_wording,
    coalesce(answer.is_overall, false) as is_overall,
    coalesce(answer.is_not_applicable, false) as is_not_applicable,
    answer.score,
    question.min_range,
    question.max_range,
    -- A score outside today's range was given on a scale that Gong no longer shows.
    case
        when answer.is_not_applicable then null
        when question.max_range <= question.min_range then null
        when answer.score between question.min_range and question.max_range
            then
                cast(answer.score - question.min_range as double precision)
                / (question.max_range - question.min_range)
    end as score_share,
    answer.answer_text,
    answer.selected_options
from {{ ref('stg_gong__answered_scorecards') }} as review
inner join {{ ref('stg_gong__scorecard_answers') }} as answer
    on review.answered_scorecard_id = answer.answered_scorecard_id
left join {{ ref('stg_gong__scorecard_questions') }} as question
    on
        review.scorecard_id = question.scorecard_id
        and answer.question_id = question.question_id
where not review.is_deleted
