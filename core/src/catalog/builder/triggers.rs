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
    table.triggers.retain(|own| own.name != name);
    table.triggers.push(Trigger {
        name,
        enabled: TriggerEnabled::Origin,
        constraint,
    });
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
    let own = table.and_then(|table| table.triggers.iter_mut().find(|own| own.name == name));
    if let Some(own) = own {
        own.name = to;
    }
    Ok(())
}

/// Takes what follows `DROP TRIGGER [IF EXISTS]`.
pub(super) fn drop(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<()> {
    let name = cursor.name()?;
    cursor.expect_word("on")?;
    let raw = cursor.qualified_name()?;
    if let Some(table) = state.find(&raw).and_then(|id| state.table_mut(id)) {
        table.triggers.retain(|own| own.name != name);
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
    let own = state.table_mut(id).into_iter().flat_map(|table| &mut table.triggers);
    for trigger in own.filter(|trigger| all || trigger.name == name) {
        trigger.enabled = enabled;
    }
    Ok(true)
}
