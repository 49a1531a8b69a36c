with observed as (
    select
        *,
        row_number() over (partition by user_id order by valid_from_at) as place,
        lead(valid_from_at) over (partition by user_id order by valid_from_at) as next_from_at
    from {{ ref('stg_gong__user_history') }}
),

placed as (
    select
        users.user_id,
        users.user_name,
        observed.valid_from_at,
        observed.valid_to_at,
        -- What was seen first also applies to the time before, what was seen last to the time after.
        case
            when observed.place > 1 then observed.valid_from_at
            else cast('0001-01-01 00:00:00+00' as timestamp with time zone)
        end as applies_from_at,
        coalesce(
            observed.next_from_at, cast('9999-12-31 00:00:00+00' as timestamp with time zone)
        ) as applies_until_at,
        observed.email_address,
        observed.title,
        observed.is_active,
        case
            when observed.user_id is null then users.manager_user_id
            else observed.manager_user_id
        end as manager_user_id
    from {{ ref('int_users__teams') }} as users
    left join observed
        on users.user_id = observed.user_id
)

select
    placed.user_id,
    placed.user_name,
    placed.valid_from_at,
    placed.valid_to_at,
    placed.applies_from_at,
    placed.applies_until_at,
    placed.email_address,
    placed.title,
    placed.is_active,
    placed.manager_user_id,
    coalesce(manager.user_name, placed.manager_user_id) as manager_name,
    coalesce(placed.manager_user_id, 'none') as team_id,
    coalesce(manager.user_name, placed.manager_user_id, 'No team') as team_name
from placed
left join {{ ref('int_users__teams') }} as manager
    on placed.manager_user_id = manager.user_id
