with reports as (
    select
        manager_user_id,
        count(*) as direct_reports_count
    from {{ ref('stg_gong__users') }}
    where not is_deleted and is_active and manager_user_id is not null
    group by manager_user_id
)

select
    users.user_id,
    teams.user_name,
    users.first_name,
    users.last_name,
    users.email_address,
    users.title,
    coalesce(users.is_active, false) as is_active,
    users.created_at,
    users.manager_user_id,
    teams.manager_name,
    teams.team_id,
    teams.team_name,
    coalesce(reports.direct_reports_count, 0) as direct_reports_count,
    coalesce(reports.direct_reports_count, 0) > 0 as is_manager
from {{ ref('stg_gong__users') }} as users
inner join {{ ref('int_users__teams') }} as teams
    on users.user_id = teams.user_id
left join reports
    on users.user_id = reports.manager_user_id
where not users.is_deleted
