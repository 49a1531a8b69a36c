select
    tracker_id,
    language_index,
    keyword_index,
    language,
    is_include_related_forms,
    keyword,
    _loaded_at
from {{ source('gong', 'tracker_keywords') }}
