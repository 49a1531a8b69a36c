select
    folder_id,
    call_id,
    piece_index,
    title as call_title,
    note,
    added_by as added_by_user_id,
    created_at as added_at,
    url,
    snippet_from_seconds,
    snippet_to_seconds,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'library_folder_calls') }}
