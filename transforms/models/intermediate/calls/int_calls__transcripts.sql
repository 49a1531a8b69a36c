with sentences as (
    select
        call_id,
        cast(sum(sentences_count) as bigint) as sentences_count
    from {{ ref('int_transcripts__speakers') }}
    group by call_id
),

transcripts as (
    select call_id
    from {{ ref('stg_gong__transcripts') }}
    where {{ is_row_to_build(ref('stg_gong__transcripts')) }}
)

select
    calls.call_id,
    transcripts.call_id is not null as has_transcript,
    case
        when transcripts.call_id is not null then 'landed'
        -- The pipeline asks for a missing transcript for 60 days and no longer.
        when calls.started_at > {{ run_instant() }} - interval '60 days' then 'awaited'
        else 'never came'
    end as transcript_state,
    coalesce(sentences.sentences_count, 0) as sentences_count
from {{ ref('int_calls__current') }} as calls
left join transcripts
    on calls.call_id = transcripts.call_id
left join sentences
    on calls.call_id = sentences.call_id
