select
    call_id,
    created_at as linked_at,
    association_index,
    user_id as linked_by_user_id,
    account_crm_id,
    deal_crm_id,
    _loaded_at
from {{ source('gong', 'crm_call_associations') }}
