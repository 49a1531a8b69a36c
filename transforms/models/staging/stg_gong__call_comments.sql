select
    call_id,
    comment_id,
    audio_start_seconds,
    audio_end_seconds,
    commenter_user_id,
    comment,
    posted_at,
    in_reply_to as in_reply_to_comment_id,
    is_during_call,
    _loaded_at,
    {{ row_place() }} as _place
from {{ source('gong', 'call_comments') }}
