//! JSON Web Tokens of our own, and the keys that others verify them with.

use super::{Arguments, Budget, Function, Result, Val, function, members_of, next};
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
