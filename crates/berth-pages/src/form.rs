//! Forms: fields with labels, hints and what was wrong with them. What was typed stays, but for passwords.

use maud::{Markup, Render, html};

use crate::visit::Visit;

/// A form that acts: `content` are its fields, `buttons` what stands below. It posts to `action`.
pub(crate) fn form(visit: &Visit<'_>, action: &str, content: &Markup, buttons: &Markup) -> Markup {
    html! {
        form.fields method="post" action=(action) {
            (visit.csrf_field())
            (above(visit))
            (content)
            div.choices { (buttons) }
        }
    }
}

/// A form of one button that changes something at once and can be undone as easily.
pub(crate) fn button_form(visit: &Visit<'_>, action: &str, content: &Markup) -> Markup {
    html! {
        form method="post" action=(action) { (visit.csrf_field()) (content) }
    }
}

/// What was wrong with all of a form, or with what a button did.
pub(crate) fn above(visit: &Visit<'_>) -> Markup {
    let refused = visit.refused().filter(|refused| refused.field.is_empty());
    berth_html::alert(refused.as_ref().map(|refused| refused.message.as_str()))
}

/// The buttons of a form that a page of its own shows: do it, or go back.
pub(crate) fn submit_or_cancel(visit: &Visit<'_>, submit: &str, back: &str) -> Markup {
    html! {
        button.first type="submit" { (submit) }
        a.button href=(back) data-cancel { (visit.texts.cancel) }
    }
}

/// A field.
#[must_use]
pub(crate) struct Field<'a> {
    name: &'static str,
    label: &'a str,
    hint: Option<&'a str>,
    value: String,
    kind: Kind<'a>,
    required: bool,
    autocomplete: Option<&'static str>,
    equals: Option<&'a str>,
    list: Option<Vec<String>>,
    longest: Option<usize>,
    error: Option<String>,
    focus: bool,
}

/// What a field is.
enum Kind<'a> {
    Input(&'static str),
    Area,
    Select(Vec<(&'a str, &'a str)>),
    /// Value, label, hint.
    Radio(Vec<(&'a str, &'a str, &'a str)>),
    /// Several may be chosen.
    Checks(Vec<(&'a str, &'a str, &'a str)>, Vec<String>),
}

impl Visit<'_> {
    /// A field for a line of text.
    pub(crate) fn text_field<'a>(&self, name: &'static str, label: &'a str) -> Field<'a> {
        let refused = self.refused();
        let error = refused.as_ref().filter(|refused| refused.field == name);
        Field {
            name,
            label,
            hint: None,
            value: if self.keeps_typed() {
                self.exact_field(name).to_owned()
            } else {
                String::new()
            },
            kind: Kind::Input("text"),
            required: false,
            autocomplete: Some("off"),
            equals: None,
            list: None,
            longest: None,
            focus: error.is_some(),
            error: error.map(|refused| refused.message.clone()),
        }
    }

    /// A field for a password. It is empty whenever it is shown.
    pub(crate) fn password_field<'a>(
        &self,
        name: &'static str,
        label: &'a str,
        autocomplete: &'static str,
    ) -> Field<'a> {
        Field {
            value: String::new(),
            kind: Kind::Input("password"),
            autocomplete: Some(autocomplete),
            ..self.text_field(name, label)
        }
    }

    /// One of a few: value and label.
    pub(crate) fn select_field<'a>(
        &self,
        name: &'static str,
        label: &'a str,
        options: Vec<(&'a str, &'a str)>,
    ) -> Field<'a> {
        Field { kind: Kind::Select(options), ..self.text_field(name, label) }
    }

    /// One of a few that need words: value, label and what it means.
    pub(crate) fn radio_field<'a>(
        &self,
        name: &'static str,
        label: &'a str,
        options: Vec<(&'a str, &'a str, &'a str)>,
    ) -> Field<'a> {
        Field { kind: Kind::Radio(options), ..self.text_field(name, label) }
    }

    /// Any of a few that need words: value, label and what it means.
    pub(crate) fn checks_field<'a>(
        &self,
        name: &'static str,
        label: &'a str,
        options: Vec<(&'a str, &'a str, &'a str)>,
    ) -> Field<'a> {
        Field { kind: Kind::Checks(options, self.fields(name)), ..self.text_field(name, label) }
    }
}

impl<'a> Field<'a> {
    /// What helps to fill it in.
    pub(crate) fn hint(mut self, hint: &'a str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// What stands there before anybody typed something else.
    pub(crate) fn value(mut self, visit: &Visit<'_>, value: impl Into<String>) -> Self {
        if !visit.keeps_typed() {
            self.value = value.into();
        }
        self
    }

    /// The boxes that are ticked before anybody chose.
    pub(crate) fn ticked(mut self, visit: &Visit<'_>, values: Vec<String>) -> Self {
        if let (Kind::Checks(_, ticked), false) = (&mut self.kind, visit.keeps_typed()) {
            *ticked = values;
        }
        self
    }

    /// It must be filled in.
    pub(crate) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// It has several lines.
    pub(crate) fn area(mut self) -> Self {
        self.kind = Kind::Area;
        self
    }

    /// It is of another type of `input`: `email`, `number`, `date`, `url`.
    pub(crate) fn kind(mut self, kind: &'static str) -> Self {
        self.kind = Kind::Input(kind);
        self
    }

    /// What browsers may fill in.
    pub(crate) fn autocomplete(mut self, autocomplete: &'static str) -> Self {
        self.autocomplete = Some(autocomplete);
        self
    }

    /// Nothing else may be typed: the button waits for it where there is a script.
    pub(crate) fn equals(mut self, text: &'a str) -> Self {
        self.equals = Some(text);
        self
    }

    /// What might be meant, to choose from while typing.
    pub(crate) fn suggestions(mut self, texts: Vec<String>) -> Self {
        self.list = Some(texts);
        self
    }

    /// The most characters.
    pub(crate) fn longest(mut self, characters: usize) -> Self {
        self.longest = Some(characters);
        self
    }

    /// It has the focus when the page opens.
    pub(crate) fn focus(mut self) -> Self {
        self.focus = true;
        self
    }

    fn id(&self) -> String {
        format!("field-{}", self.name)
    }

    /// What describes the field to whoever does not see it.
    fn described_by(&self) -> Option<String> {
        let id = self.id();
        let hint = self.hint.map(|_| format!("{id}-hint"));
        let error = self.error.as_ref().map(|_| format!("{id}-error"));
        let all: Vec<String> = hint.into_iter().chain(error).collect();
        (!all.is_empty()).then(|| all.join(" "))
    }

    fn notes(&self) -> Markup {
        let id = self.id();
        html! {
            @if let Some(hint) = self.hint { p.hint id={ (id) "-hint" } { (hint) } }
            @if let Some(error) = &self.error { p.error id={ (id) "-error" } role="alert" { (error) } }
        }
    }

    fn input(&self, kind: &str) -> Markup {
        let id = self.id();
        let list = self.list.as_ref().map(|_| format!("{id}-list"));
        html! {
            input id=(id) name=(self.name) type=(kind) value=(self.value) required[self.required]
                autocomplete=[self.autocomplete] aria-describedby=[self.described_by()]
                aria-invalid=[self.error.as_ref().map(|_| "true")] autofocus[self.focus]
                data-equals=[self.equals] list=[list.as_deref()] maxlength=[self.longest];
            @if let (Some(texts), Some(list)) = (&self.list, &list) {
                datalist id=(list) { @for text in texts { option value=(text) {} } }
            }
        }
    }

    fn options(&self, kind: &str, options: &[(&str, &str, &str)], chosen: &[String]) -> Markup {
        let id = self.id();
        html! {
            fieldset.field aria-describedby=[self.described_by()] {
                legend { (self.label) }
                @for (index, (value, label, about)) in options.iter().enumerate() {
                    div.choice {
                        input id={ (id) "-" (index) } type=(kind) name=(self.name) value=(value)
                            checked[chosen.iter().any(|chosen| chosen == value)]
                            required[self.required && kind == "radio"];
                        label for={ (id) "-" (index) } {
                            (label) @if !about.is_empty() { span.hint { (about) } }
                        }
                    }
                }
                (self.notes())
            }
        }
    }
}

impl Render for Field<'_> {
    fn render(&self) -> Markup {
        let id = self.id();
        match &self.kind {
            Kind::Radio(options) => {
                self.options("radio", options, std::slice::from_ref(&self.value))
            }
            Kind::Checks(options, chosen) => self.options("checkbox", options, chosen),
            Kind::Input(kind) => html! {
                div.field { label for=(id) { (self.label) } (self.input(kind)) (self.notes()) }
            },
            Kind::Area => html! {
                div.field {
                    label for=(id) { (self.label) }
                    textarea id=(id) name=(self.name) required[self.required] rows="4"
                        aria-describedby=[self.described_by()]
                        aria-invalid=[self.error.as_ref().map(|_| "true")] autofocus[self.focus]
                        maxlength=[self.longest] { "\n" (self.value) }
                    (self.notes())
                }
            },
            Kind::Select(options) => html! {
                div.field {
                    label for=(id) { (self.label) }
                    select id=(id) name=(self.name) required[self.required]
                        aria-describedby=[self.described_by()]
                        aria-invalid=[self.error.as_ref().map(|_| "true")] {
                        @for (value, label) in options {
                            option value=(value) selected[*value == self.value] { (label) }
                        }
                    }
                    (self.notes())
                }
            },
        }
    }
}
