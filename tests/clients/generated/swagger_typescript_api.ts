/**
 * Drives the client that swagger-typescript-api makes of discovery. Arguments: base URL, token.
 *
 * What is read is used as the generated types have it, which the compiler checks; the first difference ends the program.
 */
import {
  Api,
  ApplicationView,
  HttpResponse,
  NewApp,
  OrganizationView,
  Refusal,
  RobotView,
  TeamView,
} from "./berth_client";

declare const process: { argv: string[]; exitCode: number };

const [baseUrl, token] = process.argv.slice(2) as [string, string];
const client = new Api<string>({
  baseUrl,
  securityWorker: (secret) => ({ headers: { Authorization: `Bearer ${secret}` } }),
});
client.setSecurityData(token);
const { api } = client;

/** Fails unless both are equal; they must be of one type. */
function equal<T>(actual: T, expected: T) {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${left} is not ${right}`);
}

/** What an operation answers, which must have that status. */
async function answer<T>(status: number, call: Promise<HttpResponse<T>>): Promise<T> {
  const response = await call;
  equal(response.status, status);
  return response.data;
}

/** What a call is refused with, which must have that status. */
async function refused(status: number, call: Promise<unknown>): Promise<Partial<Refusal>> {
  try {
    await call;
  } catch (error) {
    const response = error as HttpResponse<unknown, Refusal>;
    equal(response.status, status);
    return response.error;
  }
  throw new Error("not refused");
}

async function organization() {
  equal(await answer(201, api.createOrganization({ name: "acme", email: "acme@example.com" })), "Created");
  const read: OrganizationView = await answer(200, api.getOrganization("acme"));
  equal([read.name, read.email, read.avatar.kind], ["acme", "acme@example.com", "user"]);
  equal([read.ordered_teams, read.teams?.["owners"]?.role], [["owners"], "admin"]);
  const update = { email: "hello@example.com", tag_expiration_s: 86400 };
  const changed = await answer(200, api.changeOrganizationDetails("acme", update));
  equal([changed.email, changed.tag_expiration_s], ["hello@example.com", 86400]);
}

async function team() {
  const member = { role: "member", description: "Build" } as const;
  const made = await answer(200, api.updateOrganizationTeam("acme", "builders", member));
  equal([made.name, made.new_team, made.role], ["builders", true, "member"]);
  const creator = { role: "creator", description: "Release" } as const;
  equal((await answer(200, api.updateOrganizationTeam("acme", "builders", creator))).new_team, false);
  const read: TeamView = await answer(200, api.getOrganizationTeam("acme", "builders"));
  equal([read.role, read.description, read.member_count], ["creator", "Release", 0]);
  const { teams } = await answer(200, api.getOrganizationTeams("acme"));
  equal(teams.map((team: TeamView) => team.name).sort(), ["builders", "owners"]);
  await answer(204, api.deleteOrganizationTeam("acme", "builders"));
  await refused(404, api.getOrganizationTeam("acme", "builders"));
}

async function application() {
  const redirect_uri = "https://ci.example.com/back";
  const body: NewApp = { name: "ci", redirect_uri };
  const made: ApplicationView = await answer(200, api.createOrganizationApplication("acme", body));
  equal([made.name, made.description, made.avatar_email], ["ci", "", null]);
  const { client_id } = made;
  const update = { name: "ci 2", redirect_uri, application_uri: "https://ci.example.com" };
  await answer(200, api.updateOrganizationApplication("acme", client_id, update));
  const read = await answer(200, api.getOrganizationApplication("acme", client_id));
  equal([read.name, read.application_uri], ["ci 2", "https://ci.example.com"]);
  const { applications } = await answer(200, api.getOrganizationApplications("acme"));
  equal(applications.map((one: ApplicationView) => one.client_id), [client_id]);
  await answer(204, api.deleteOrganizationApplication("acme", client_id));
  const refusal = await refused(404, api.getOrganizationApplication("acme", client_id));
  equal(refusal.title, "not_found");
}

async function robot() {
  const body = { description: "Deploys", unstructured_metadata: { ci: "yes" } };
  const made: RobotView = await answer(201, api.createOrgRobot("acme", "deploy", body));
  equal([made.name, made.description, made.last_accessed], ["acme+deploy", "Deploys", null]);
  const changed = await answer(200, api.regenerateOrgRobotToken("acme", "deploy"));
  equal([changed.name, changed.token === made.token], [made.name, false]);
  const entry = { issuer: "https://issuer.example.com", subject: "deploy" };
  equal(await answer(200, api.createOrgRobotFederation("acme", "deploy", [entry])), [entry]);
  const read = await answer(200, api.getOrgRobot("acme", "deploy"));
  equal([read.token, read.unstructured_metadata], [changed.token, { ci: "yes" }]);
  const { robots } = await answer(200, api.getOrgRobots("acme"));
  equal(robots.map((one: RobotView) => one.name), ["acme+deploy"]);
  await answer(204, api.deleteOrgRobot("acme", "deploy"));
  const refusal = await refused(400, api.getOrgRobot("acme", "deploy"));
  equal(refusal.message, "Could not find robot with specified username");
}

async function main() {
  await organization();
  await team();
  await application();
  await robot();
  await answer(204, api.deleteAdminedOrganization("acme"));
  await refused(404, api.getOrganization("acme"));
  console.log("all done");
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
