//! Clients that generators make of discovery create, read, change and delete an organization, a team, an application and a robot.
//!
//! Discovery is Swagger 2.0. Two of the generators get what swagger2openapi makes of it, since they know OpenAPI 3 alone or better;
//! the third converts it by itself.
#![cfg(feature = "end-to-end")]

use std::path::PathBuf;
use std::process::Command;

use berth_tests::packages::{client_npm_programs, client_python_packages, command, python, run};
use berth_tests::{Host, repository_root};
use tempfile::TempDir;

/// A host with its first user, and a directory with its discovery.
struct Ground {
    host: Host,
    token: String,
    directory: TempDir,
}

impl Ground {
    fn new() -> Self {
        let host = Host::new();
        let token = host.client().initialize_token("root");
        let directory = tempfile::tempdir().expect("a temporary directory");
        let discovery = host.client().get("/api/v1/discovery?internal=true").body;
        std::fs::write(directory.path().join("discovery.json"), discovery).expect("it is ours");
        Self { host, token, directory }
    }

    /// A command that runs in the directory.
    fn command(&self, program: &str, package: &str) -> Command {
        let mut command = command(program, package);
        command.current_dir(self.directory.path());
        command
    }

    /// Python in the directory, where it finds the package `berth_client`.
    fn python(&self) -> Command {
        let directory = self.directory.path();
        let mut python = python(&[directory.to_owned(), client_python_packages()]);
        python.current_dir(directory);
        python
    }

    /// A program from npm.
    fn npm_program(&self, name: &str) -> Command {
        let mut node = self.command("node", "nodejs");
        node.arg(client_npm_programs().join(name));
        node
    }

    /// Makes `openapi.json` of `discovery.json`.
    fn convert(&self) {
        run(self.npm_program("swagger2openapi").args([
            "discovery.json",
            "--outfile",
            "openapi.json",
        ]));
    }

    /// Runs a program that uses the client, to its end.
    fn drive(&self, command: &mut Command) {
        let said = run(command.args([self.host.base(), &self.token]));
        assert_eq!(said, "all done\n");
    }

    /// Runs a program in Python that uses the package `berth_client` in the directory.
    fn drive_python(&self, program: &str) {
        self.drive(self.python().arg(driver(program)));
    }
}

/// A program that uses a generated client.
fn driver(name: &str) -> PathBuf {
    repository_root().join("tests/clients/generated").join(name)
}

#[test]
fn of_openapi_python_client() {
    let ground = Ground::new();
    ground.convert();
    let configuration = ground.directory.path().join("configuration.json");
    // Nobody reads what it makes: it need not be formatted.
    std::fs::write(configuration, r#"{ "post_hooks": [] }"#).expect("the directory is ours");
    run(ground
        .python()
        .args(["-m", "openapi_python_client", "generate", "--path", "openapi.json"])
        .args(["--config", "configuration.json", "--output-path", "berth_client"])
        .args(["--meta", "none", "--fail-on-warning"]));
    ground.drive_python("openapi_python_client.py");
}

#[test]
fn of_openapi_generator() {
    let ground = Ground::new();
    ground.convert();
    let jar = client_python_packages().join("openapi_generator_cli/openapi-generator.jar");
    run(ground
        .command("java", "default-jre-headless")
        .arg("-jar")
        .arg(jar)
        .args(["generate", "--generator-name", "python", "--input-spec", "openapi.json"])
        .args(["--output", ".", "--package-name", "berth_client"])
        .args([
            "--global-property",
            "apis,models,supportingFiles,apiTests=false,modelTests=false",
        ]));
    ground.drive_python("openapi_generator.py");
}

#[test]
fn of_swagger_typescript_api() {
    let ground = Ground::new();
    run(ground
        .npm_program("swagger-typescript-api")
        .args(["generate", "--path", "discovery.json"])
        .args(["--output", ".", "--name", "berth_client.ts"]));
    let main = ground.directory.path().join("main.ts");
    std::fs::copy(driver("swagger_typescript_api.ts"), main).expect("the directory is ours");
    run(ground
        .npm_program("tsc")
        .args(["--strict", "--target", "es2022", "--module", "commonjs", "--lib", "es2022,dom"])
        .arg("main.ts"));
    ground.drive(ground.command("node", "nodejs").arg("main.js"));
}
