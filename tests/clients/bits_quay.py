"""Drives bits-quay, a client written for Quay, through its calls. Arguments: base URL, token, organization, application.

The organization has a team `builders` with a permission on the repository `one`, the user `mona` in that team, and the user
`otto` who is in no team. What the client returns is compared here; the first difference ends the program with a traceback.
"""

import sys

import requests
from bits.quay import Quay


def equal(actual, expected):
    """Fail unless both are equal."""
    if actual != expected:
        raise AssertionError("{!r} is not {!r}".format(actual, expected))


def refused(status, call, *arguments):
    """Fail unless the call is refused with that status."""
    try:
        call(*arguments)
    except requests.HTTPError as error:
        equal(error.response.status_code, status)
    else:
        raise AssertionError("not refused")


def names(views):
    """Return the sorted names of some views; of invited addresses, the address."""
    return sorted(view.get("name") or view["email"] for view in views)


def main(base, token, orgname, application):
    """Call everything that the client has."""
    quay = Quay(token, orgname=orgname)
    quay.base_url = base + "/api/v1"

    # The installation and the user.
    equal(quay.get_api_discovery()["swagger"], "2.0")
    equal(quay.get_user()["username"], "root")
    equal(quay.get_user("mona")["username"], "mona")

    # The organization.
    equal(quay.get_org()["name"], orgname)
    equal(names(quay.get_org_teams()), ["builders", "owners"])
    equal(names(quay.get_org_applications()), [application])
    equal(names(quay.get_org_collaborators()), ["otto"])
    refused(404, quay.get_org_invoices)

    # Members.
    equal(names(quay.get_org_members()), ["mona", "root"])
    equal(quay.get_org_member("mona")["teams"][0]["name"], "builders")
    refused(404, quay.get_org_member, "otto")

    # Team members, directly and by invitation.
    equal(names(quay.get_org_team_members("builders")), ["mona"])
    equal(quay.add_org_team_member("builders", "otto").json()["invited"], True)
    equal(names(quay.get_org_team_members("builders")), ["mona", "otto"])
    equal(quay.delete_org_team_member("builders", "otto").status_code, 204)
    equal(names(quay.get_org_team_members("builders", includePending=False)), ["mona"])
    equal(quay.add_org_team_member("owners", "mona").json()["invited"], False)
    equal(quay.delete_org_team_member("owners", "mona").status_code, 204)
    refused(404, quay.get_org_team_members, "nobody")

    # Invitations by e-mail.
    invited = quay.invite_org_team_member("builders", "new@example.com").json()
    equal((invited["kind"], invited["email"]), ("invite", "new@example.com"))
    equal(names(quay.get_org_team_members("builders")), ["mona", "new@example.com"])
    equal(quay.uninvite_org_team_member("builders", "new@example.com").status_code, 204)
    refused(404, quay.uninvite_org_team_member, "builders", "new@example.com")

    # Team permissions and repositories.
    permissions = quay.get_org_team_permissions("builders")
    equal([(p["repository"]["name"], p["role"]) for p in permissions], [("one", "write")])
    equal(names(quay.get_org_repos()), ["one"])
    equal(quay.get_repo("one")["name"], "one")

    # The lists that it prints.
    client = quay.client()
    client.members_list()
    client.repos_list()
    client.teams_list()

    # At last a member goes.
    equal(quay.delete_org_member("mona").status_code, 204)
    equal(names(quay.get_org_members()), ["root"])
    print("every call answered")


main(*sys.argv[1:])
