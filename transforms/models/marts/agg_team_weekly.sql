with calls as (
    select
        week_start_on,
        team_id,
        max(team_name) as team_name,
        count(distinct host_user_id) as reps_count,
        count(*) as calls_count,
        count(*) filter (where scope = 'External') as external_calls_count,
        cast(sum(duration_seconds) as double precision) / 3600 as call_hours,
        avg(talk_ratio) as average_talk_ratio,
        max(longest_monologue_seconds) as longest_monologue_seconds,
        cast(avg(company_questions_count) as double precision) as questions_per_call,
        cast(sum(tracker_mentions_count) as bigint) as tracker_mentions_count,
        count(*) filter (where has_transcript) as transcribed_calls_count
    from {{ ref('fct_calls') }}
    where week_start_on is not null
    group by week_start_on, team_id
),

dated_reviews as (
    select
        {{ iso_week_start('reviewed_on') }} as week_start_on,
        team_id,
        team_name,
        score_share
    from {{ ref('int_scorecards__reviews') }}
    where reviewed_on is not null
),

reviews as (
    select
        week_start_on,
        team_id,
        max(team_name) as team_name,
        count(*) as scorecard_reviews_count,
        avg(score_share) as average_score_share
    from dated_reviews
    group by week_start_on, team_id
)

select
    coalesce(calls.week_start_on, reviews.week_start_on) as week_start_on,
    coalesce(calls.team_id, reviews.team_id) as team_id,
    coalesce(calls.team_name, reviews.team_name) as team_name,
    coalesce(calls.week_start_on, reviews.week_start_on) + 7
    <= {{ company_day(run_instant()) }} as is_complete,
    coalesce(calls.reps_count, 0) as reps_count,
    coalesce(calls.calls_count, 0) as calls_count,
    coalesce(calls.external_calls_count, 0) as external_calls_count,
    coalesce(calls.call_hours, 0) as call_hours,
    cast(calls.calls_count as double precision) / nullif(calls.reps_count, 0) as calls_per_rep,
    calls.average_talk_ratio,
    calls.longest_monologue_seconds,
    calls.questions_per_call,
    coalesce(calls.tracker_mentions_count, 0) as tracker_mentions_count,
    coalesce(calls.transcribed_calls_count, 0) as transcribed_calls_count,
    coalesce(reviews.scorecard_reviews_count, 0) as scorecard_reviews_count,
    reviews.average_score_share
from calls
full outer join reviews
    on
        calls.week_start_on = reviews.week_start_on
        and calls.team_id = reviews.team_id
