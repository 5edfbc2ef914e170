//! `fermyon:spin/variables`.

use crate::bindings::fermyon::spin::variables::{Error, Host};
use crate::instance::State;
use crate::manifest;

impl Host for State {
    fn get(&mut self, name: String) -> wasmtime::Result<Result<String, Error>> {
        if !manifest::is_variable_name(&name) {
            return Ok(Err(Error::InvalidName(format!("{name:?} is no name for a variable"))));
        }
        let value = self.component.variables.get(&name).cloned();
        Ok(value.ok_or_else(|| {
            Error::Undefined(format!(
                "component {:?} has no variable {name:?}",
                self.component.name
            ))
        }))
    }
}
