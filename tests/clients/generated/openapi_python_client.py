"""Drives the client that openapi-python-client makes of discovery. Arguments: base URL, token.

What is read is compared as the generated types have it; the first difference ends the program with a traceback.
"""

import sys

from berth_client import AuthenticatedClient, models
from berth_client.api.organization import (
    change_organization_details,
    create_organization,
    create_organization_application,
    delete_admined_organization,
    delete_organization_application,
    get_organization,
    get_organization_application,
    get_organization_applications,
    get_organization_teams,
    update_organization_application,
)
from berth_client.api.robot import (
    create_org_robot,
    create_org_robot_federation,
    delete_org_robot,
    get_org_robot,
    get_org_robots,
    regenerate_org_robot_token,
)
from berth_client.api.team import (
    delete_organization_team,
    get_organization_team,
    update_organization_team,
)

base, token = sys.argv[1:]
client = AuthenticatedClient(base_url=base, token=token, raise_on_unexpected_status=True)


def equal(actual, expected):
    """Fail unless both are equal."""
    if actual != expected:
        raise AssertionError("{!r} is not {!r}".format(actual, expected))


def answer(status, kind, operation, *path, **body):
    """Return what an operation answers, which must have that status and type."""
    response = operation.sync_detailed(*path, client=client, **body)
    equal((int(response.status_code), type(response.parsed)), (status, kind))
    return response.parsed


def gone(operation, *path):
    """Fail unless what was read is no longer there."""
    response = operation.sync_detailed(*path, client=client)
    equal(type(response.parsed), models.Refusal)
    return int(response.status_code), response.parsed


# An organization.
body = models.NewOrg(name="acme", email="acme@example.com")
equal(answer(201, str, create_organization, body=body), "Created")
read = answer(200, models.OrganizationView, get_organization, "acme")
equal((read.name, read.email, read.is_admin), ("acme", "acme@example.com", True))
equal((read.avatar.kind, read.ordered_teams), (models.AvatarKind.USER, ["owners"]))
equal(read.teams["owners"].role, models.TeamRole.ADMIN)
body = models.UpdateOrg(email="hello@example.com", tag_expiration_s=86400)
changed = answer(200, models.OrganizationView, change_organization_details, "acme", body=body)
equal((changed.email, changed.tag_expiration_s), ("hello@example.com", 86400))

# A team.
team = "acme", "builders"
body = models.TeamDescription(role=models.TeamDescriptionRole.MEMBER, description="Build")
made = answer(200, models.ChangedTeam, update_organization_team, *team, body=body)
equal((made.name, made.new_team, made.role), ("builders", True, models.TeamRole.MEMBER))
body = models.TeamDescription(role=models.TeamDescriptionRole.CREATOR, description="Release")
equal(answer(200, models.ChangedTeam, update_organization_team, *team, body=body).new_team, False)
read = answer(200, models.TeamView, get_organization_team, *team)
equal((read.role, read.description, read.member_count), (models.TeamRole.CREATOR, "Release", 0))
listed = answer(200, models.Teams, get_organization_teams, "acme").teams
equal(sorted(team.name for team in listed), ["builders", "owners"])
answer(204, type(None), delete_organization_team, *team)
equal(gone(get_organization_team, *team)[0], 404)

# An application.
body = models.NewApp(name="ci", redirect_uri="https://ci.example.com/back")
made = answer(200, models.ApplicationView, create_organization_application, "acme", body=body)
equal((made.name, made.description, made.avatar_email), ("ci", "", None))
application = "acme", made.client_id
body = models.UpdateApp(name="ci 2", redirect_uri=made.redirect_uri, application_uri="https://ci.example.com")
answer(200, models.ApplicationView, update_organization_application, *application, body=body)
read = answer(200, models.ApplicationView, get_organization_application, *application)
equal((read.name, read.application_uri), ("ci 2", "https://ci.example.com"))
listed = answer(200, models.Applications, get_organization_applications, "acme").applications
equal([one.client_id for one in listed], [made.client_id])
answer(204, type(None), delete_organization_application, *application)
status, refusal = gone(get_organization_application, *application)
equal((status, refusal.title), (404, models.RefusalTitle.NOT_FOUND))

# A robot.
robot = "acme", "deploy"
metadata = models.CreateRobotUnstructuredMetadata.from_dict({"ci": "yes"})
body = models.CreateRobot(description="Deploys", unstructured_metadata=metadata)
made = answer(201, models.RobotView, create_org_robot, *robot, body=body)
equal((made.name, made.description, made.last_accessed), ("acme+deploy", "Deploys", None))
changed = answer(200, models.RobotView, regenerate_org_robot_token, *robot)
equal((changed.name, changed.token != made.token), (made.name, True))
entry = models.CreateRobotFederation(issuer="https://issuer.example.com", subject="deploy")
entries = answer(200, list, create_org_robot_federation, *robot, body=[entry])
equal([(one.issuer, one.subject) for one in entries], [(entry.issuer, entry.subject)])
read = answer(200, models.RobotView, get_org_robot, *robot)
equal((read.token, read.unstructured_metadata["ci"]), (changed.token, "yes"))
listed = answer(200, models.Robots, get_org_robots, "acme").robots
equal([one.name for one in listed], ["acme+deploy"])
answer(204, type(None), delete_org_robot, *robot)
status, refusal = gone(get_org_robot, *robot)
equal((status, refusal.message), (400, "Could not find robot with specified username"))

answer(204, type(None), delete_admined_organization, "acme")
equal(gone(get_organization, "acme")[0], 404)
print("all done")
