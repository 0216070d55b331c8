// What of this app is carried to another server and what is not: one of three places to change in an app of your own.

import type { RestoreOptions } from 'dumpsert';

/**
 * Tables of one server alone. They are not dumped, and what a peer sends of them is left out. Those of migration tools, such as
 * `_prisma_migrations`, dumpsert leaves out by itself. A name that fits no table is an error, so that none is misspelt.
 */
export const LOCAL_TABLES = [
  // The initial load itself.
  'public."InitialLoadSessions"',
  'public."SyncNodes"',
  'public."SyncNonces"',
  // Logins and devices.
  'public.refresh_tokens',
  'public.devices',
  'public.printers',
  // What has happened on this server.
  'public.audit_log',
];

/** The column that marks a business as demo, besides its id. */
export const DEMO_FLAG = 'isDemo';

/**
 * Conditions of the fallback `http`, which reads with SQL. They mean what `excludeDemo` means: ids that, in lower case, are `demo`,
 * begin with `demo-`, end with `-demo` or contain `-demo-business`.
 */
export const isDemoId = (column: string) =>
  `lower(${column}) COLLATE "C" ~ '^demo$|^demo-|-demo$|-demo-business'`;

/** Columns that hold ids of businesses, by table. */
export const DEMO_COLUMNS = [/^businessId$/, /^business_id$/];

/**
 * Tables whose rows both servers may have made under ids of their own, by the columns that tell them: a category is known by its name within
 * its business. The row of the target keeps its id, and what references that of the source is rewritten. The fallback `http` does not do it.
 */
export const NATURAL_KEYS: Record<string, string[]> = { 'public.categories': ['"businessId"', 'name'] };

/** How the merge is done. */
export function restoreRules(demo: boolean): Pick<RestoreOptions, 'update' | 'excludeTables' | 'excludeDemo' | 'demoFlag' | 'cascade' | 'matchOn'> {
  return {
    update: 'changed',
    excludeTables: LOCAL_TABLES,
    matchOn: NATURAL_KEYS,
    // What hangs on a demo business goes with it: its children too, which have no column of their own that says so.
    ...(demo ? { excludeDemo: true, demoFlag: `"${DEMO_FLAG}"`, cascade: 'delete' as const } : {}),
  };
}
