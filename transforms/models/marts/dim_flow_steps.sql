select
    steps.flow_id,
    flows.flow_name,
    steps.step_index,
    steps.step_id,
    steps.step_order,
    steps.step_action,
    steps.subject,
    steps.body,
    steps.is_reply,
    steps.flow_description
from {{ ref('stg_gong__flow_steps') }} as steps
left join {{ ref('stg_gong__flows') }} as flows
    on steps.flow_id = flows.flow_id
where not steps.is_deleted
