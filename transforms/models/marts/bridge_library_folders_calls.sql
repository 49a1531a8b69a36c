with deleted as (
    select call_id
    from {{ ref('stg_gong__calls') }}
    where is_deleted
)

select
    content.folder_id,
    content.call_id,
    content.piece_index,
    content.call_title,
    content.note,
    content.added_by_user_id,
    users.user_name as added_by_name,
    content.added_at,
    content.url,
    content.snippet_from_seconds,
    content.snippet_to_seconds
from {{ ref('stg_gong__library_folder_calls') }} as content
left join {{ ref('int_users__teams') }} as users
    on content.added_by_user_id = users.user_id
where
    not content.is_deleted
    and not exists (select 1 from deleted where deleted.call_id = content.call_id)
