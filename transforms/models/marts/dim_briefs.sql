select
    briefs.brief_id,
    briefs.brief_name,
    briefs.workspace_id,
    workspaces.workspace_name,
    briefs.brief_description,
    briefs.status,
    briefs.creator_user_id,
    briefs.creator_email_address,
    briefs.created_at,
    briefs.updated_at
from {{ ref('stg_gong__briefs') }} as briefs
left join {{ ref('stg_gong__workspaces') }} as workspaces
    on briefs.workspace_id = workspaces.workspace_id
where not briefs.is_deleted
