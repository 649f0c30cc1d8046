//! Values that are built when a message is: literals, templates and expressions, nested.

use counterpart_matching::{Expression, Generators, Names, Template};
use serde_json::{Map, Value};

/// A value to be built.
#[derive(Clone, Debug)]
pub enum Shape {
    /// An expression; its value keeps its type.
    Expression(Expression),
    /// A list.
    List(Vec<Shape>),
    /// A value as written.
    Literal(Value),
    /// A map, in order.
    Map(Vec<(String, Shape)>),
    /// A template; its value is text.
    Template(Template),
}

impl Shape {
    /// Builds the value.
    ///
    /// # Errors
    /// Why a part of it has no value, as a sentence.
    pub fn build(&self, names: &dyn Names, generators: &mut Generators) -> Result<Value, String> {
        match self {
            Self::Expression(expression) => expression.evaluate(names).map_err(|fault| fault.message),
            Self::List(items) => items.iter().map(|item| item.build(names, generators)).collect(),
            Self::Literal(value) => Ok(value.clone()),
            Self::Map(members) => {
                let mut map = Map::new();
                for (name, shape) in members {
                    map.insert(name.clone(), shape.build(names, generators)?);
                }
                Ok(Value::Object(map))
            }
            Self::Template(template) => template.render(names, generators).map(Value::String).map_err(|fault| fault.message),
        }
    }
}
