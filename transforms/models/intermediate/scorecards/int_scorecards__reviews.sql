with scored as (
    select
        answered_scorecard_id,
        avg(case when is_overall then score_share end) as overall_share,
        avg(case when not is_overall then score_share end) as answers_share
    from {{ ref('int_scorecards__answers') }}
    group by answered_scorecard_id
)

select
    review.answered_scorecard_id,
    review.reviewed_user_id,
    {{ company_day('review.reviewed_at') }} as reviewed_on,
    coalesce(users.team_id, 'unknown') as team_id,
    coalesce(users.team_name, 'Unknown team') as team_name,
    coalesce(scored.overall_share, scored.answers_share) as score_share
from {{ ref('stg_gong__answered_scorecards') }} as review
left join scored
    on review.answered_scorecard_id = scored.answered_scorecard_id
left join {{ ref('int_users__teams') }} as users
    on review.reviewed_user_id = users.user_id
where not review.is_deleted
