select
    integration_id,
    object_type,
    unique_name as field_name,
    label as field_label,
    type as field_type,
    last_modified_at as last_modified_text,
    is_deleted as is_deleted_in_crm,
    reference_to as references_object_type,
    ordered_value_list as field_values,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'crm_schema_fields') }}
