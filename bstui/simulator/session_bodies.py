"""The JSON of app sessions and their applications: v1's and v2's differ."""

from bstui.simulator.account import Application, Session
from bstui.simulator.bodies import V1, Json, stamp, user_body

_MADE = "2015-11-29T23:43:42.0000000Z"
_WELL = "Application completed successfully"


def application_body(app: Application) -> Json:
    """An application, which keeps relative addresses under v2, too."""
    published: Json = {"HomepageUri": app.page, "DatePublished": _MADE} if app.page else {}
    return published | {
        "Id": app.id,
        "Href": f"{V1}/applications/{app.id}",
        "Name": app.name,
        "CompanyName": "Illumina" if app.slug.startswith("illumina") else "Laboratory",
        "VersionNumber": "1.0.0",
        "ShortDescription": app.description,
        "DateCreated": _MADE,
        "PublishStatus": "Published" if published else "Beta",
        "IsBillingActivated": False,
        "Category": "Native",
        "Classifications": ["Resequencing"],
        "AppFamilySlug": app.slug,
        "AppVersionSlug": f"{app.slug}.1.0.0",
        "Features": ["IsAppRegisteredToPlatform"],
        "LockStatus": "Unlocked",
    }


def session_body(session: Session, root: str) -> Json:
    """A session under v2."""
    return {
        "Id": session.id,
        "Name": session.name,
        "Href": f"{root}/appsessions/{session.id}",
        "Application": application_body(session.app),
        "UserCreatedBy": user_body(session.outputs[0].project.owner, root),
        "ExecutionStatus": "Complete",
        "QcStatus": "Undefined",
        "StatusSummary": _WELL,
        "Purpose": "AppTrigger",
        "DateCreated": stamp(session.created),
        "DateModified": stamp(session.created),
        "DateCompleted": stamp(session.created),
        "DateStarted": stamp(session.created),
        "DeliveryStatus": "None",
        "ContainsComments": False,
        "HrefComments": f"{root}/appsessions/{session.id}/comments",
        "TotalSize": session.size,
    }


def v1_session_body(session: Session) -> Json:
    return {
        "Id": session.id,
        "Name": session.name,
        "Href": f"{V1}/appsessions/{session.id}",
        "Application": application_body(session.app),
        "UserCreatedBy": user_body(session.outputs[0].project.owner, V1),
        "Status": "Complete",
        "QcStatus": "Undefined",
        "StatusSummary": _WELL,
        "DateCreated": stamp(session.created),
        "ModifiedOn": stamp(session.created),
        "DateCompleted": stamp(session.created),
        "TotalSize": session.size,
    }
