with steps as (
    select
        flow_id,
        count(*) as steps_count
    from {{ ref('stg_gong__flow_steps') }}
    where not is_deleted
    group by flow_id
),

viewers as (
    select
        flow_id,
        count(*) as users_count
    from {{ ref('stg_gong__flow_visibility') }}
    where not is_deleted
    group by flow_id
)

select
    flows.flow_id,
    flows.flow_name,
    flows.folder_id,
    flows.folder_name,
    flows.created_at,
    flows.is_exclusive,
    coalesce(steps.steps_count, 0) as steps_count,
    coalesce(viewers.users_count, 0) as users_count
from {{ ref('stg_gong__flows') }} as flows
left join steps
    on flows.flow_id = steps.flow_id
left join viewers
    on flows.flow_id = viewers.flow_id
where not flows.is_deleted
