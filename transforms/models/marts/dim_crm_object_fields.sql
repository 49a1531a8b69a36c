select
    fields.integration_id,
    fields.object_type,
    fields.crm_id,
    fields.field_name,
    labels.field_label,
    fields.field_value,
    fields.value_type
from {{ ref('stg_gong__crm_object_fields') }} as fields
inner join {{ ref('stg_gong__crm_objects') }} as objects
    on
        fields.integration_id = objects.integration_id
        and fields.object_type = objects.object_type
        and fields.crm_id = objects.crm_id
left join {{ ref('stg_gong__crm_schema_fields') }} as labels
    on
        fields.integration_id = labels.integration_id
        and fields.object_type = labels.object_type
        and fields.field_name = labels.field_name
where not objects.is_deleted
