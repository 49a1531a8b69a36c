select
    integration_id,
    object_type,
    field_name,
    field_label,
    field_type,
    references_object_type,
    field_values,
    is_deleted_in_crm,
    last_modified_text
from {{ ref('stg_gong__crm_schema_fields') }}
where not is_deleted
