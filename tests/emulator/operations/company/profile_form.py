"""The form of a permission profile."""

from tests.emulator.domains.company.profiles import (
    AREAS_AFTER,
    AREAS_BEFORE,
    FLAGS,
    FOLDER_FLAGS,
    FOLDER_LEVELS,
    FORECAST,
    LEVELS,
    NEWEST_FLAG,
)
from tests.emulator.inputs import forms
from tests.emulator.inputs.forms import Form

_ACCESS = Form({"permissionLevel": forms.choice(*LEVELS), "teamLeadIds": forms.listed(forms.text)})
_FOLDERS = Form(
    {
        "permissionLevel*": forms.choice(*FOLDER_LEVELS),
        "libraryFolderIds": forms.listed(forms.text),
        **dict.fromkeys(FOLDER_FLAGS, forms.flag),
    }
)
PROFILE = Form(
    {
        "id": forms.text,
        "name": forms.filled,
        "description": forms.text,
        "libraryFolderAccess": _FOLDERS,
        "forecastPermissions": Form(dict.fromkeys(FORECAST, _ACCESS)),
        **dict.fromkeys((*AREAS_BEFORE, "dealsAccess", *AREAS_AFTER), _ACCESS),
        **dict.fromkeys((*FLAGS, NEWEST_FLAG), forms.flag),
    }
)
