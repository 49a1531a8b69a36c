with owners as (
    select
        lower(email_address) as email_address,
        min(user_id) as user_id
    from {{ ref('stg_gong__users') }}
    where not is_deleted
    group by lower(email_address)
)

select
    prospects.flow_instance_id,
    prospects.flow_id,
    prospects.flow_name,
    prospects.crm_prospect_id,
    prospects.instance_status,
    prospects.created_at,
    {{ company_day('prospects.created_at') }} as created_on,
    owners.user_id as owner_user_id,
    prospects.owner_name,
    prospects.owner_email_address,
    prospects.workspace_id,
    prospects.is_exclusive
from {{ ref('stg_gong__flow_prospects') }} as prospects
left join owners
    on lower(prospects.owner_email_address) = owners.email_address
where not prospects.is_deleted
