//! JSON Web Tokens of our own, and the keys that others verify them with.

use super::{Arguments, Budget, Function, Result, Val, function, members_of, next, text_of};
use crate::expression::EvaluationFault;
use crate::limits::TOKEN_STEPS;
use crate::token;
use serde_json::Value;

pub(super) const TABLE: &[Function] = &[
    function("jwks", "jwks(keys)", (1, 1), |arguments, budget| {
        let keys: Vec<Value> = members_of("jwks", &next(&mut arguments.into_iter()))?.into_iter().map(Val::into_json).collect();
        budget.step(TOKEN_STEPS.saturating_mul(keys.len()))?;
        token::set(&keys).map(Val::owned).map_err(|reason| EvaluationFault::new(format!("`jwks`: {reason}")))
    }),
    function("jwt", "jwt(claims, header, key)", (3, 3), jwt),
    function("jwt_signed", "jwt_signed(token, keys)", (2, 2), jwt_signed),
];

fn jwt<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    budget.step(TOKEN_STEPS)?;
    let mut arguments = arguments.into_iter();
    let (claims, header, key) =
        (next(&mut arguments).into_json(), next(&mut arguments).into_json(), next(&mut arguments).into_json());
    let signed =
        token::signed(&claims, Some(&header), &key).map_err(|reason| EvaluationFault::new(format!("`jwt`: {reason}")))?;
    budget.bytes(signed.len())?;
    Ok(Val::text(signed))
}

/// What is no token is signed by nobody; a set that cannot be read is a fault.
fn jwt_signed<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let token = text_of("jwt_signed", next(&mut arguments))?;
    let keys = next(&mut arguments).into_json();
    budget.step(TOKEN_STEPS.saturating_mul(keys.get("keys").and_then(Value::as_array).map_or(1, Vec::len)))?;
    token::is_signed(&token, &keys).map(Val::Bool).map_err(|reason| EvaluationFault::new(format!("`jwt_signed`: {reason}")))
}
