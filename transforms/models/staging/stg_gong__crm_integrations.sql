select
    integration_id,
    owner_email as owner_email_address,
    name as integration_name,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'crm_integrations') }}
