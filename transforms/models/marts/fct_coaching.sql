select
    coaching.workspace_id,
    workspaces.workspace_name,
    coaching.from_on as month_start_on,
    coaching.is_complete,
    coaching.manager_user_id,
    coalesce(manager.user_name, coaching.manager_email_address) as manager_name,
    coaching.report_user_id,
    coalesce(report.user_name, coaching.report_email_address) as report_name,
    coaching.metric,
    coaching.call_id
from {{ ref('stg_gong__coaching_metrics') }} as coaching
left join {{ ref('stg_gong__workspaces') }} as workspaces
    on coaching.workspace_id = workspaces.workspace_id
left join {{ ref('int_users__teams') }} as manager
    on coaching.manager_user_id = manager.user_id
left join {{ ref('int_users__teams') }} as report
    on coaching.report_user_id = report.user_id
