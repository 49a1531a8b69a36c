select
    flow_instance_id,
    flow_id,
    flow_name,
    crm_prospect_id,
    owner_email as owner_email_address,
    owner_full_name as owner_name,
    created_at,
    status as instance_status,
    workspace_id,
    is_exclusive,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'flow_prospects') }}
