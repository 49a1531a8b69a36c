select
    integration_id,
    integration_name,
    owner_email_address
from {{ ref('stg_gong__crm_integrations') }}
where not is_deleted
