with named as (
    select
        user_id,
        coalesce(
            nullif(trim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')), ''),
            email_address,
            user_id
        ) as user_name,
        manager_user_id
    from {{ ref('stg_gong__users') }}
)

select
    named.user_id,
    named.user_name,
    named.manager_user_id,
    coalesce(manager.user_name, named.manager_user_id) as manager_name,
    coalesce(named.manager_user_id, 'none') as team_id,
    coalesce(manager.user_name, named.manager_user_id, 'No team') as team_name
from named
left join named as manager
    on named.manager_user_id = manager.user_id
