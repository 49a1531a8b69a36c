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
    log_record,
    _loaded_at
from {{ source('gong', 'logs') }}
