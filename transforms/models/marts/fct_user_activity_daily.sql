select
    activity.user_id,
    activity.from_on as activity_on,
    coalesce(users.user_name, activity.user_email_address) as user_name,
    coalesce(users.team_id, 'unknown') as team_id,
    coalesce(users.team_name, 'Unknown team') as team_name,
    activity.calls_as_host,
    activity.calls_attended,
    activity.calls_gave_feedback,
    activity.calls_requested_feedback,
    activity.calls_received_feedback,
    activity.own_calls_listened_to,
    activity.others_calls_listened_to,
    activity.calls_shared_internally,
    activity.calls_shared_externally,
    activity.calls_scorecards_filled,
    activity.calls_scorecards_received,
    activity.calls_comments_given,
    activity.calls_comments_received,
    activity.calls_marked_as_feedback_given,
    activity.calls_marked_as_feedback_received
from {{ ref('stg_gong__activity_by_period') }} as activity
left join {{ ref('int_users__teams') }} as users
    on activity.user_id = users.user_id
where activity.period = 'DAY'
