//! A real browser: headless Chromium, driven over the WebDriver protocol by chromedriver.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::client::Client;

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often the driver is started until it has a port: it takes a free one of IPv4 and ends if the same one of IPv6 is in use.
const STARTS: usize = 5;

/// The name under which WebDriver hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Starts a driver, and gives it with its port.
fn start_driver() -> Option<(Child, u16)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver is there: run `cargo xtask test`, which installs it");
    let output = driver.stdout.take().expect("stdout is piped");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let port = lines.find_map(|line| {
        let (_, port) = line.split_once("successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    let Some(port) = port else {
        let _ = driver.wait();
        return None;
    };
    // The output must be read until the end, or the driver ends.
    std::thread::spawn(move || lines.for_each(drop));
    Some((driver, port))
}

/// A browser with a window. Dropping it ends it.
pub struct Browser {
    driver: Child,
    client: Client,
    session: String,
}

impl Browser {
    /// Opens a browser that runs no scripts of pages, unless `scripts` says so.
    ///
    /// # Panics
    /// When Chromium or its driver is missing: `cargo xtask test` installs them.
    #[must_use]
    pub fn open(scripts: bool) -> Self {
        let (driver, port) =
            (0..STARTS).find_map(|_| start_driver()).expect("chromedriver says its port");
        let client = Client::new(&format!("http://127.0.0.1:{port}"));
        let javascript = if scripts { 1 } else { 2 };
        let options = json!({
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=900,1100",
                "--disable-dev-shm-usage"],
            "prefs": { "profile.managed_default_content_settings.javascript": javascript },
        });
        let capabilities = json!({ "alwaysMatch": { "goog:chromeOptions": options } });
        let made = client.post("/session", &json!({ "capabilities": capabilities }));
        let session = made.json()["value"]["sessionId"].as_str().map(str::to_owned);
        let session = session.unwrap_or_else(|| panic!("no browser: {made}"));
        Self { driver, client, session: format!("/session/{session}") }
    }

    /// Goes to an address.
    pub fn go(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// The address of the page, with its fragment.
    #[must_use]
    pub fn url(&self) -> String {
        text(self.get("/url"))
    }

    /// The title of the page.
    #[must_use]
    pub fn title(&self) -> String {
        text(self.get("/title"))
    }

    /// The text that the page shows.
    #[must_use]
    pub fn text(&self) -> String {
        text(self.get(&format!("/element/{}/text", self.element("body"))))
    }

    /// Types into a field.
    pub fn type_into(&self, selector: &str, keys: &str) {
        let path = format!("/element/{}/value", self.element(selector));
        self.post(&path, &json!({ "text": keys }));
    }

    /// Clicks on what leads to another page, and waits until the browser has left this one.
    ///
    /// The address does not say that: a form may lead to the address it stands at.
    ///
    /// # Panics
    /// When the page stays.
    pub fn follow(&self, selector: &str) {
        let page = format!("{}/element/{}/name", self.session, self.element("html"));
        self.post(&format!("/element/{}/click", self.element(selector)), &json!({}));
        let until = Instant::now() + PATIENCE;
        while self.client.get(&page).status == 200 {
            assert!(Instant::now() < until, "{selector} leads nowhere: {}", self.text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until the address begins with `start`, and gives it.
    ///
    /// # Panics
    /// When it does not in time.
    #[must_use]
    pub fn wait_for(&self, start: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let url = self.url();
            if url.starts_with(start) {
                return url;
            }
            assert!(Instant::now() < until, "still at {url}, not {start}: {}", self.text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Types into a field in place of what stands there.
    pub fn fill(&self, selector: &str, keys: &str) {
        self.post(&format!("/element/{}/clear", self.element(selector)), &json!({}));
        self.type_into(selector, keys);
    }

    /// Fills in a field, whatever it is: of a select the option with that value, of radio buttons the one with it.
    pub fn fill_or_choose(&self, selector: &str, value: &str) {
        let name = text(self.get(&format!("/element/{}/name", self.element(selector))));
        let kind = self.get(&format!("/element/{}/attribute/type", self.element(selector)));
        match (name.as_str(), kind.as_str()) {
            ("select", _) => self.click(&format!("{selector} option[value='{value}']")),
            (_, Some("radio" | "checkbox")) => self.click(&format!("{selector}[value='{value}']")),
            _ => self.fill(selector, value),
        }
    }

    /// What a field holds.
    #[must_use]
    pub fn value_of(&self, selector: &str) -> String {
        text(self.get(&format!("/element/{}/property/value", self.element(selector))))
    }

    /// Goes back to the page before.
    pub fn back(&self) {
        self.post("/back", &json!({}));
    }

    /// Loads the page anew.
    pub fn reload(&self) {
        self.post("/refresh", &json!({}));
    }

    /// Forgets all cookies.
    pub fn forget_cookies(&self) {
        let _ = self.client.delete(&format!("{}/cookie", self.session));
    }

    /// Clicks on something that leads nowhere else.
    pub fn click(&self, selector: &str) {
        self.post(&format!("/element/{}/click", self.element(selector)), &json!({}));
    }

    /// Clicks on the link or the button that says `text`, and waits until the browser has left this page.
    ///
    /// # Panics
    /// When nothing says so, or the page stays.
    pub fn follow_text(&self, text: &str) {
        self.follow(&self.saying(text));
    }

    /// Clicks on the link or the button that says `text`.
    ///
    /// # Panics
    /// When nothing says so.
    pub fn click_text(&self, text: &str) {
        self.click(&self.saying(text));
    }

    /// Where the link or the button is that says `text`: an XPath, since CSS knows no texts.
    fn saying(&self, text: &str) -> String {
        format!("//*[self::a or self::button or self::summary][normalize-space(.)='{text}']")
    }

    /// Presses keys where the focus is; `\u{E004}` is Tab, `\u{E007}` Enter (WebDriver, 17.4.2).
    pub fn press(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })))
            .collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post("/actions", &json!({ "actions": [keyboard] }));
    }

    /// Gives the window a size in pixels, and the colours of a system.
    pub fn set_view(&self, width: u32, height: u32, dark: bool) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", &size);
        let scheme = if dark { "dark" } else { "light" };
        let colours = json!({ "name": "prefers-color-scheme", "value": scheme });
        // A picture is not taken in the middle of a change of colours.
        let motion = json!({ "name": "prefers-reduced-motion", "value": "reduce" });
        self.command("Emulation.setEmulatedMedia", &json!({ "features": [colours, motion] }));
    }

    /// A command of the browser's own protocol.
    fn command(&self, name: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": name, "params": parameters }))
    }

    /// Keeps a picture of the whole page, however long.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn picture(&self, path: &Path) {
        let size = self.run(
            "return [innerWidth, Math.max(innerHeight, document.documentElement.scrollHeight)];",
        );
        let clip = json!({ "x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1 });
        let wanted = json!({ "captureBeyondViewport": true, "format": "png", "clip": clip });
        let taken = self.command("Page.captureScreenshot", &wanted)["data"].take();
        write_picture(path, taken);
    }

    /// Keeps a picture of the page.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn screenshot(&self, path: &Path) {
        write_picture(path, self.get("/screenshot"));
    }

    /// Runs a script in the page: the body of an async function. Gives what it returns, or `{"error": text}`.
    #[must_use]
    pub fn run(&self, script: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];\n\
             (async () => {{ {script} }})().then(done, error => done({{ error: String(error) }}));"
        );
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    fn element(&self, selector: &str) -> String {
        let language = if selector.starts_with("//") { "xpath" } else { "css selector" };
        let wanted = json!({ "using": language, "value": selector });
        let until = Instant::now() + PATIENCE;
        loop {
            let reply = self.client.post(&format!("{}/element", self.session), &wanted);
            if let Some(id) = reply.json()["value"][ELEMENT].as_str() {
                return id.to_owned();
            }
            assert!(Instant::now() < until, "no {selector} at {}: {reply}", self.url());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn get(&self, path: &str) -> Value {
        let reply = self.client.get(&format!("{}{path}", self.session));
        assert_eq!(reply.status, 200, "{path}: {reply}");
        reply.json()["value"].clone()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let reply = self.client.post(&format!("{}{path}", self.session), body);
        assert_eq!(reply.status, 200, "{path}: {reply}");
        reply.json()["value"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.client.try_send("DELETE", &self.session, None, &[]);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn write_picture(path: &Path, encoded: Value) {
    let picture = STANDARD.decode(text(encoded)).expect("a picture");
    std::fs::create_dir_all(path.parent().expect("a directory")).expect("it can be made");
    std::fs::write(path, picture).expect("it can be written");
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => panic!("no text: {other}"),
    }
}
