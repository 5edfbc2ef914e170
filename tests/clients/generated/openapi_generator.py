"""Drives the client that openapi-generator makes of discovery. Arguments: base URL, token.

What is read is compared as the generated types have it; the first difference ends the program with a traceback.
"""

import sys

import berth_client
from berth_client import exceptions, models

base, token = sys.argv[1:]
client = berth_client.ApiClient(berth_client.Configuration(host=base, access_token=token))
organizations = berth_client.OrganizationApi(client)
teams = berth_client.TeamApi(client)
robots = berth_client.RobotApi(client)


def equal(actual, expected):
    """Fail unless both are equal."""
    if actual != expected:
        raise AssertionError("{!r} is not {!r}".format(actual, expected))


def a(kind, value):
    """Return a value, which must be of that type."""
    equal(type(value), kind)
    return value


def refused(error, call, *arguments):
    """Return what a call is refused with, which must be that error."""
    try:
        call(*arguments)
    except error as raised:
        return a(models.Refusal, raised.data)
    raise AssertionError("not refused")


# An organization.
body = models.NewOrg(name="acme", email="acme@example.com")
equal(organizations.create_organization(body), "Created")
read = a(models.OrganizationView, organizations.get_organization("acme"))
equal((read.name, read.email, read.is_admin), ("acme", "acme@example.com", True))
equal((read.avatar.kind, read.ordered_teams), (models.AvatarKind.USER, ["owners"]))
equal(read.teams["owners"].role, models.TeamRole.ADMIN)
body = models.UpdateOrg(email="hello@example.com", tag_expiration_s=86400)
changed = a(models.OrganizationView, organizations.change_organization_details("acme", body))
equal((changed.email, changed.tag_expiration_s), ("hello@example.com", 86400))

# A team.
team = "acme", "builders"
body = models.TeamDescription(role="member", description="Build")
made = a(models.ChangedTeam, teams.update_organization_team(*team, body))
equal((made.name, made.new_team, made.role), ("builders", True, models.TeamRole.MEMBER))
body = models.TeamDescription(role="creator", description="Release")
equal(a(models.ChangedTeam, teams.update_organization_team(*team, body)).new_team, False)
read = a(models.TeamView, teams.get_organization_team(*team))
equal((read.role, read.description, read.member_count), (models.TeamRole.CREATOR, "Release", 0))
listed = a(models.Teams, organizations.get_organization_teams("acme")).teams
equal(sorted(a(models.TeamView, team).name for team in listed), ["builders", "owners"])
equal(teams.delete_organization_team(*team), None)
refused(exceptions.NotFoundException, teams.get_organization_team, *team)

# An application.
body = models.NewApp(name="ci", redirect_uri="https://ci.example.com/back")
made = a(models.ApplicationView, organizations.create_organization_application("acme", body))
equal((made.name, made.description, made.avatar_email), ("ci", "", None))
application = "acme", made.client_id
body = models.UpdateApp(name="ci 2", redirect_uri=made.redirect_uri, application_uri="https://ci.example.com")
a(models.ApplicationView, organizations.update_organization_application(*application, body))
read = a(models.ApplicationView, organizations.get_organization_application(*application))
equal((read.name, read.application_uri), ("ci 2", "https://ci.example.com"))
listed = a(models.Applications, organizations.get_organization_applications("acme")).applications
equal([a(models.ApplicationView, one).client_id for one in listed], [made.client_id])
equal(organizations.delete_organization_application(*application), None)
not_found = exceptions.NotFoundException
equal(refused(not_found, organizations.get_organization_application, *application).title, "not_found")

# A robot.
robot = "acme", "deploy"
body = models.CreateRobot(description="Deploys", unstructured_metadata={"ci": "yes"})
made = a(models.RobotView, robots.create_org_robot(*robot, body))
equal((made.name, made.description, made.last_accessed), ("acme+deploy", "Deploys", None))
changed = a(models.RobotView, robots.regenerate_org_robot_token(*robot))
equal((changed.name, changed.token != made.token), (made.name, True))
entry = models.CreateRobotFederation(issuer="https://issuer.example.com", subject="deploy")
entries = robots.create_org_robot_federation(*robot, [entry])
equal([(one.issuer, one.subject) for one in entries], [(entry.issuer, entry.subject)])
read = a(models.RobotView, robots.get_org_robot(*robot))
equal((read.token, read.unstructured_metadata), (changed.token, {"ci": "yes"}))
listed = a(models.Robots, robots.get_org_robots("acme")).robots
equal([a(models.RobotView, one).name for one in listed], ["acme+deploy"])
equal(robots.delete_org_robot(*robot), None)
refusal = refused(exceptions.BadRequestException, robots.get_org_robot, *robot)
equal(refusal.message, "Could not find robot with specified username")

equal(organizations.delete_admined_organization("acme"), None)
refused(exceptions.NotFoundException, organizations.get_organization, "acme")
print("all done")
