with linked as (
    select
        call_id,
        object_index,
        object_id,
        case
            when lower(object_type) in ('account', 'company') then 'account'
            when lower(object_type) in ('opportunity', 'deal') then 'deal'
        end as kind
    from {{ ref('stg_gong__call_crm_objects') }}
    where
        party_index is null
        and object_id is not null
        and {{ is_row_to_build(ref('stg_gong__call_crm_objects')) }}
),

ranked as (
    select
        call_id,
        object_index,
        object_id,
        kind,
        row_number() over (partition by call_id, kind order by object_index) as kind_rank
    from linked
    where kind is not null
),

names as (
    select
        call_id,
        object_index,
        min(field_value) as object_name
    from {{ ref('stg_gong__call_crm_fields') }}
    where
        lower(field_name) in ('name', 'dealname')
        and {{ is_row_to_build(ref('stg_gong__call_crm_fields')) }}
    group by call_id, object_index
)

select
    ranked.call_id,
    max(case when ranked.kind = 'account' then ranked.object_id end) as account_id,
    max(case when ranked.kind = 'account' then names.object_name end) as account_name,
    max(case when ranked.kind = 'deal' then ranked.object_id end) as deal_id,
    max(case when ranked.kind = 'deal' then names.object_name end) as deal_name
from ranked
left join names
    on ranked.call_id = names.call_id and ranked.object_index = names.object_index
where ranked.kind_rank = 1
group by ranked.call_id
