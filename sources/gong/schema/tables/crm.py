"""What Gong's CRM operations know: integrations, their schema, objects, links made by hand."""

from __future__ import annotations

from sources.gong.schema.columns import (
    BOOLEAN,
    CONTENT,
    INSTANT,
    INTEGER,
    JSON,
    PERSON,
    SCALAR,
    SCALAR_TYPE,
    TEXT,
    Column,
)
from sources.gong.schema.table import (
    BATCH,
    CRM_REFERENCES,
    Absence,
    CrmObject,
    Lookback,
    Parents,
    Part,
    Read,
    Table,
    Windows,
)

OBJECT_TYPES = ("ACCOUNT", "CONTACT", "DEAL", "LEAD")
"""How the CRM operations call the types of objects."""

_FIELD_TYPES = (
    "DATE", "DATETIME", "NUMBER", "PERCENT", "CURRENCY", "ID", "URL", "STRING", "BOOLEAN",
    "PHONENUMBER", "EMAILADDRESS", "PICKLIST", "REFERENCE", "STRINGARRAY",
)  # fmt: skip


CRM = (
    Table(
        "crm_integrations",
        "one row per generic CRM integration (Gong does not list native ones)",
        key=("integration_id",),
        operation="listGenericCrmIntegration",
        read=Read.LIST,
        parent_columns=("integration_id",),
        columns=(
            Column("integration_id", TEXT, "integrationId", "A number at Gong, beyond 2^53."),
            Column("owner_email", TEXT, "ownerEmail", "E-mail address of who registered it.",
                   PERSON, is_responsible=True),
            Column("name", TEXT, "name", "Name of the integration."),
        ),
    ),
    Table(
        "crm_schema_fields",
        "one row per field of an object type of a generic CRM integration",
        key=("integration_id", "object_type", "unique_name"),
        operation="listCrmSchemaFields",
        read=Read.EACH,
        parents=Parents(("crm_integrations",), bound="integration_id", requests=len(OBJECT_TYPES),
                        how="One request, with its pages, per CRM integration and object type."),
        rows_at="objectTypeToSelectedFields.*[]",
        columns=(
            Column("integration_id", TEXT, "_integrationId", "The integration."),
            Column("object_type", TEXT, "_objectType", "ACCOUNT, CONTACT, DEAL or LEAD.",
                   origin="key in objectTypeToSelectedFields"),
            Column("unique_name", TEXT, "uniqueName", "The CRM's field name."),
            Column("label", TEXT, "label", "What the field is called on screens."),
            Column("type", TEXT, "type", "STRING, PICKLIST, REFERENCE, …", values=_FIELD_TYPES),
            Column("last_modified_at", TEXT, "lastModified", "As Gong spells it."),
            Column("is_deleted", BOOLEAN, "isDeleted", "Whether the CRM has deleted the field."),
            Column("reference_to", TEXT, "referenceTo",
                   "The object type that a REFERENCE field points to."),
            Column("ordered_value_list", JSON, "orderedValueList",
                   "JSON list of the values of a PICKLIST, in order."),
        ),
    ),
    Table(
        "crm_objects",
        "one row per object of a generic CRM integration that a call refers to",
        key=("integration_id", "object_type", "crm_id"),
        operation="getCrmObjects",
        read=Read.EACH,
        parents=Parents(
            ("crm_integrations", CRM_REFERENCES), per_request=BATCH,
            how="Batches of the ids that calls refer to, per integration and object type.",
        ),
        crm_object=CrmObject("object_type", "crm_id", fields="crm_object_fields"),
        ignored=("fields",),
        rows_at="crmObjectsMap.*",
        columns=(
            Column("integration_id", TEXT, "_integrationId", "The integration."),
            Column("object_type", TEXT, "_objectType", "ACCOUNT, CONTACT, DEAL or LEAD.",
                   origin="the requested object type"),
            Column("crm_id", TEXT, "_crmId", "The CRM's id of the object.",
                   origin="key in crmObjectsMap"),
        ),
    ),
    Table(
        "crm_object_fields",
        "one row per field of such an object",
        key=("integration_id", "object_type", "crm_id", "name"),
        part=Part("crm_objects", ("fields[]",), entity_columns=3),
        columns=(
            Column("integration_id", TEXT, "$_integrationId", "The integration."),
            Column("object_type", TEXT, "$_objectType", "ACCOUNT, CONTACT, DEAL or LEAD.",
                   origin="the requested object type"),
            Column("crm_id", TEXT, "$_crmId", "The CRM's id of the object.",
                   origin="key in crmObjectsMap"),
            Column("name", TEXT, "name", "The CRM's field name.", origin="key in crmObjectsMap.*"),
            Column("value", SCALAR, "value", "As Gong spells it.", CONTENT,
                   origin="value in crmObjectsMap.*"),
            Column("value_type", SCALAR_TYPE, "value", "string, number, boolean, null, json.",
                   origin="value in crmObjectsMap.*"),
        ),
    ),
    Table(
        "crm_call_associations",
        "one row per deal or account that somebody linked a call to by hand",
        key=("call_id", "created_at", "association_index"),
        operation="listCRMCallsManualAssociation",
        read=Read.SINCE,
        windows=Windows("created_at", Lookback(nightly=7, weekly=30)),
        absence=Absence.UNKNOWN,
        columns=(
            Column("call_id", TEXT, "callId", "The call."),
            Column("created_at", INSTANT, "created", "When it was linked."),
            Column("association_index", INTEGER, "_index", "From 0, within one act of linking.",
                   origin="place in associations[].associatedCrmObjects[]"),
            Column("user_id", TEXT, "userId", "Who linked it."),
            Column("account_crm_id", TEXT, "accountCrmId",
                   "The CRM's id of the account; null where only a deal was linked.",
                   origin="associations[].associatedCrmObjects[].accountCrmId"),
            Column("deal_crm_id", TEXT, "dealCrmId",
                   "The CRM's id of the deal; null where only an account was linked.",
                   origin="associations[].associatedCrmObjects[].dealCrmId"),
        ),
    ),
)  # fmt: skip
