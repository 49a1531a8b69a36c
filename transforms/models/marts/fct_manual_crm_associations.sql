with deleted as (
    select call_id
    from {{ ref('stg_gong__calls') }}
    where is_deleted
)

select
    links.call_id,
    links.linked_at,
    links.association_index,
    links.linked_by_user_id,
    users.user_name as linked_by_name,
    links.account_crm_id as account_id,
    links.deal_crm_id as deal_id
from {{ ref('stg_gong__crm_call_associations') }} as links
left join {{ ref('int_users__teams') }} as users
    on links.linked_by_user_id = users.user_id
where not exists (select 1 from deleted where deleted.call_id = links.call_id)
