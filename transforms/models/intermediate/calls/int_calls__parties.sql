with landed as (
    select *
    from {{ ref('stg_gong__call_parties') }}
    where {{ is_row_to_build(ref('stg_gong__call_parties')) }}
),

parties as (
    select
        party.call_id,
        party.party_index,
        party.party_id,
        party.speaker_id,
        party.user_id,
        coalesce(party.party_name, users.user_name, party.email_address) as party_name,
        party.party_title,
        party.email_address,
        nullif(lower(split_part(party.email_address, '@', 2)), '') as email_domain,
        coalesce(lower(party.affiliation), 'unknown') as affiliation,
        coalesce(party.user_id = calls.host_user_id, false) as is_host,
        cast(party.methods as varchar) like '%"Invitee"%' as is_invitee,
        cast(party.methods as varchar) like '%"Attendee"%' as is_attendee,
        row_number() over (
            partition by party.call_id, party.speaker_id
            order by party.party_index
        ) as speaker_rank,
        row_number() over (
            partition by party.call_id, party.party_id
            order by party.party_index
        ) as party_rank
    from landed as party
    inner join {{ ref('int_calls__current') }} as calls
        on party.call_id = calls.call_id
    left join {{ ref('int_users__teams') }} as users
        on party.user_id = users.user_id
)

select
    call_id,
    party_index,
    party_id,
    speaker_id,
    user_id,
    party_name,
    party_title,
    email_address,
    email_domain,
    affiliation,
    case
        when is_host then 'host'
        when affiliation in ('internal', 'external') then affiliation
        else 'unknown'
    end as role,
    is_host,
    is_invitee,
    is_attendee,
    case when speaker_rank = 1 then speaker_id end as counted_speaker_id,
    case when party_rank = 1 then party_id end as counted_party_id
from parties
