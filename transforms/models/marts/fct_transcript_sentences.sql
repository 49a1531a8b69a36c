{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_changed_calls() }}"
    )
}}

with deleted as (
    select call_id
    from {{ ref('stg_gong__calls') }}
    where is_deleted
),

-- a condition on the join below would be met by each sentence that there is
sentences as (
    select *
    from {{ ref('stg_gong__transcript_sentences') }}
    where {{ is_row_to_build(ref('stg_gong__transcript_sentences')) }}
)

select
    sentences.call_id,
    sentences.monologue_index,
    sentences.sentence_index,
    calls.started_on,
    calls.host_user_id,
    calls.team_id,
    sentences.speaker_id,
    speakers.party_index,
    speakers.speaker_user_id,
    speakers.speaker_name,
    coalesce(speakers.speaker_role, 'unknown') as speaker_role,
    coalesce(speakers.speaker_affiliation, 'unknown') as speaker_affiliation,
    sentences.topic,
    cast(sentences.start_ms as double precision) / 1000 as start_seconds,
    cast(sentences.end_ms as double precision) / 1000 as end_seconds,
    sentences.text,
    {{ words_count('sentences.text') }} as words_count
from sentences
left join {{ ref('int_calls__current') }} as calls
    on sentences.call_id = calls.call_id
left join {{ ref('int_calls__speakers') }} as speakers
    on
        sentences.call_id = speakers.call_id
        and sentences.speaker_id = speakers.speaker_id
where not exists (select 1 from deleted where deleted.call_id = sentences.call_id)
