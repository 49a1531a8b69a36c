with contents as (
    select
        content.folder_id,
        count(distinct content.call_id) as calls_count
    from {{ ref('stg_gong__library_folder_calls') }} as content
    where
        not content.is_deleted
        and not exists (
            select 1
            from {{ ref('stg_gong__calls') }} as calls
            where calls.call_id = content.call_id and calls.is_deleted
        )
    group by content.folder_id
)

select
    folders.folder_id,
    folders.folder_name,
    folders.parent_folder_id,
    parent.folder_name as parent_folder_name,
    folders.workspace_id,
    workspaces.workspace_name,
    folders.creator_user_id,
    creator.user_name as creator_name,
    folders.updated_at,
    coalesce(contents.calls_count, 0) as calls_count
from {{ ref('stg_gong__library_folders') }} as folders
left join {{ ref('stg_gong__library_folders') }} as parent
    on folders.parent_folder_id = parent.folder_id
left join {{ ref('stg_gong__workspaces') }} as workspaces
    on folders.workspace_id = workspaces.workspace_id
left join {{ ref('int_users__teams') }} as creator
    on folders.creator_user_id = creator.user_id
left join contents
    on folders.folder_id = contents.folder_id
where not folders.is_deleted
