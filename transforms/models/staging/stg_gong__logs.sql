select
    log_id,
    log_type,
    user_id,
    user_email_address,
    user_full_name,
    impersonator_user_id,
    impersonator_email_address,
    impersonator_full_name,
    impersonator_company_id,
    event_at,
    call_id,
    -- each log has the address in another place
    coalesce(
        log_record ->> '$.httpRequest.clientIp',
        log_record ->> '$.clientIp',
        log_record ->> '$.ip',
        log_record ->> '$.page_viewer_ip'
    ) as client_ip,
    log_record,
    _loaded_at
from {{ source('gong', 'logs') }}
