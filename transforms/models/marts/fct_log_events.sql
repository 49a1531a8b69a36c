select
    logs.log_id,
    logs.log_type,
    logs.event_at,
    {{ company_day('logs.event_at') }} as event_on,
    logs.user_id,
    coalesce(users.user_name, logs.user_full_name) as user_name,
    logs.user_email_address,
    logs.impersonator_user_id,
    logs.impersonator_full_name as impersonator_name,
    logs.impersonator_email_address,
    logs.impersonator_company_id,
    logs.call_id,
    logs.client_ip,
    logs.log_record
from {{ ref('stg_gong__logs') }} as logs
left join {{ ref('int_users__teams') }} as users
    on logs.user_id = users.user_id
