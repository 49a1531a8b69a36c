with fields as (
    select
        integration_id,
        object_type,
        crm_id,
        count(*) as fields_count,
        min(case when lower(field_name) in ('name', 'dealname') then field_value end)
            as object_name
    from {{ ref('stg_gong__crm_object_fields') }}
    group by integration_id, object_type, crm_id
)

select
    objects.integration_id,
    objects.object_type,
    objects.crm_id,
    fields.object_name,
    coalesce(fields.fields_count, 0) as fields_count
from {{ ref('stg_gong__crm_objects') }} as objects
left join fields
    on
        objects.integration_id = fields.integration_id
        and objects.object_type = fields.object_type
        and objects.crm_id = fields.crm_id
where not objects.is_deleted
