//! Triggers.

use super::cursor::{Cursor, Parse};
use super::state::{State, TableId};
use crate::catalog::{Trigger, TriggerEnabled};

/// Takes what follows `CREATE [CONSTRAINT] TRIGGER`.
pub(super) fn create(state: &mut State, cursor: &mut Cursor<'_>, constraint: bool) -> Parse<()> {
    let name = cursor.name()?;
    while !cursor.at_end() && !cursor.word("on") {
        cursor.skip_one()?;
    }
    let raw = cursor.qualified_name()?;
    // Triggers of views are none of ours.
    let Some(table) = state.find(&raw).and_then(|id| state.table_mut(id)) else {
        return Ok(());
    };
    let trigger = Trigger {
        name: name.clone(),
        enabled: TriggerEnabled::Origin,
        constraint,
    };
    table.triggers.insert(name, trigger);
    Ok(())
}

/// Takes what follows `ALTER TRIGGER`.
pub(super) fn alter(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<()> {
    let name = cursor.name()?;
    cursor.expect_word("on")?;
    let raw = cursor.qualified_name()?;
    if !cursor.words(&["rename", "to"]) {
        return Ok(());
    }
    let to = cursor.name()?;
    let table = state.find(&raw).and_then(|id| state.table_mut(id));
    if let Some(table) = table
        && let Some(own) = table.triggers.remove(&name)
    {
        let name = to.clone();
        table.triggers.insert(to, Trigger { name, ..own });
    }
    Ok(())
}

/// Takes what follows `DROP TRIGGER [IF EXISTS]`.
pub(super) fn drop(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<()> {
    let name = cursor.name()?;
    cursor.expect_word("on")?;
    let raw = cursor.qualified_name()?;
    if let Some(table) = state.find(&raw).and_then(|id| state.table_mut(id)) {
        table.triggers.remove(&name);
    }
    Ok(())
}

/// Takes `{ENABLE [REPLICA | ALWAYS] | DISABLE} TRIGGER {name | ALL | USER}`, if it comes next.
pub(super) fn enable(state: &mut State, cursor: &mut Cursor<'_>, id: TableId) -> Parse<bool> {
    let forms = [
        (&["enable", "trigger"][..], TriggerEnabled::Origin),
        (&["enable", "replica", "trigger"], TriggerEnabled::Replica),
        (&["enable", "always", "trigger"], TriggerEnabled::Always),
        (&["disable", "trigger"], TriggerEnabled::Disabled),
    ];
    let Some((_, enabled)) = forms.into_iter().find(|(words, _)| cursor.words(words)) else {
        return Ok(false);
    };
    // Both words are reserved: a trigger of that name is quoted.
    let all = cursor.word("all") || cursor.word("user");
    let name = match all {
        true => String::new(),
        false => cursor.name()?,
    };
    let looked = state.table(id).map_or(0, |table| table.triggers.len());
    state.work.looked(if all { looked } else { 1 });
    let Some(table) = state.table_mut(id) else {
        return Ok(true);
    };
    match all {
        true => table.triggers.values_mut().for_each(|own| own.enabled = enabled),
        false => {
            if let Some(own) = table.triggers.get_mut(&name) {
                own.enabled = enabled;
            }
        }
    }
    Ok(true)
}
