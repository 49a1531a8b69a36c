with dated as (
    select
        *,
        {{ company_day('started_at') }} as started_on,
        -- a call without a start counts as one of now: its host's present manager and team
        coalesce(started_at, {{ run_instant() }}) as placed_at
    from {{ ref('stg_gong__calls') }}
    where not is_deleted and {{ is_row_to_build(ref('stg_gong__calls')) }}
)

select
    dated.call_id,
    dated.url,
    dated.title,
    dated.brief,
    dated.scheduled_at,
    dated.started_at,
    dated.started_on,
    {{ iso_week_start('dated.started_on') }} as week_start_on,
    dated.duration_seconds,
    dated.host_user_id,
    host.user_name as host_name,
    host.manager_user_id,
    host.manager_name,
    case
        when host.user_id is null then 'unknown'
        -- from valid_from_at to valid_to_at syncs have seen this manager
        when
            dated.started_at >= host.valid_from_at
            and (host.valid_to_at is null or dated.started_at < host.valid_to_at)
            then 'observed'
        else 'earliest_known'
    end as manager_basis,
    coalesce(host.team_id, 'unknown') as team_id,
    coalesce(host.team_name, 'Unknown team') as team_name,
    dated.direction,
    dated.scope,
    dated.system,
    dated.media,
    dated.language,
    dated.workspace_id,
    dated.is_private,
    dated.call_outcome_category,
    dated.call_outcome_name,
    dated.company_questions_count,
    dated.non_company_questions_count
from dated
-- applies_from_at is earlier than valid_from_at for the first manager, who also applies to the time
-- before any sync; applies_until_at likewise is later for the last one
left join {{ ref('int_users__history') }} as host
    on
        dated.host_user_id = host.user_id
        and dated.placed_at >= host.applies_from_at
        and dated.placed_at < host.applies_until_at
