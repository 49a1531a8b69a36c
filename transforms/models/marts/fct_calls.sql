{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_changed_calls() }}"
    )
}}

with parties as (
    select
        call_id,
        count(*) as parties_count,
        count(*) filter (where affiliation = 'internal') as internal_parties_count,
        count(*) filter (where affiliation = 'external') as external_parties_count
    from {{ ref('int_calls__parties') }}
    group by call_id
),

speakers as (
    select
        call_id,
        count(*) as speakers_count
    from {{ ref('stg_gong__call_speakers') }}
    where {{ is_row_to_build(ref('stg_gong__call_speakers')) }}
    group by call_id
),

trackers as (
    select
        call_id,
        count(*) as trackers_heard_count,
        cast(sum(heard_count) as bigint) as tracker_mentions_count
    from {{ ref('stg_gong__call_trackers') }}
    where heard_count > 0 and {{ is_row_to_build(ref('stg_gong__call_trackers')) }}
    group by call_id
),

comments as (
    select
        call_id,
        count(*) as comments_count
    from {{ ref('stg_gong__call_comments') }}
    where {{ is_row_to_build(ref('stg_gong__call_comments')) }}
    group by call_id
)

select
    calls.call_id,
    calls.title,
    calls.url,
    calls.brief,
    calls.scheduled_at,
    calls.started_at,
    calls.started_on,
    calls.week_start_on,
    calls.duration_seconds,
    calls.host_user_id,
    calls.host_name,
    calls.manager_user_id,
    calls.manager_name,
    calls.manager_basis,
    calls.team_id,
    calls.team_name,
    calls.direction,
    calls.scope,
    calls.system,
    calls.media,
    calls.language,
    calls.workspace_id,
    workspaces.workspace_name,
    calls.is_private,
    coalesce(parties.parties_count, 0) as parties_count,
    coalesce(parties.internal_parties_count, 0) as internal_parties_count,
    coalesce(parties.external_parties_count, 0) as external_parties_count,
    coalesce(
        parties.parties_count - parties.internal_parties_count - parties.external_parties_count, 0
    ) as unknown_parties_count,
    coalesce(speakers.speakers_count, 0) as speakers_count,
    interaction.talk_ratio,
    interaction.longest_monologue_seconds,
    interaction.longest_customer_story_seconds,
    interaction.interactivity,
    interaction.patience,
    calls.company_questions_count,
    calls.non_company_questions_count,
    coalesce(trackers.trackers_heard_count, 0) as trackers_heard_count,
    coalesce(trackers.tracker_mentions_count, 0) as tracker_mentions_count,
    coalesce(comments.comments_count, 0) as comments_count,
    calls.call_outcome_name,
    calls.call_outcome_category,
    transcripts.has_transcript,
    transcripts.transcript_state,
    transcripts.sentences_count,
    crm.account_id,
    crm.account_name,
    crm.deal_id,
    crm.deal_name
from {{ ref('int_calls__current') }} as calls
inner join {{ ref('int_calls__transcripts') }} as transcripts
    on calls.call_id = transcripts.call_id
left join {{ ref('stg_gong__workspaces') }} as workspaces
    on calls.workspace_id = workspaces.workspace_id
left join {{ ref('int_calls__interaction') }} as interaction
    on calls.call_id = interaction.call_id
left join {{ ref('int_calls__crm') }} as crm
    on calls.call_id = crm.call_id
left join parties
    on calls.call_id = parties.call_id
left join speakers
    on calls.call_id = speakers.call_id
left join trackers
    on calls.call_id = trackers.call_id
left join comments
    on calls.call_id = comments.call_id
