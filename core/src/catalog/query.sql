-- The catalog of a live database as one JSON value. PostgreSQL 12 to 18; every name and operator is that of pg_catalog,
-- whatever the search_path. Columns that only some versions have (indnullsnotdistinct: 15, confdelsetcols: 15,
-- conenforced: 18) are read through to_jsonb(). No literal holds a backslash: standard_conforming_strings may be off.
WITH RECURSIVE relation AS (
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relispartition, EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
            AND d.objid OPERATOR(pg_catalog.=) c.oid
            AND d.deptype OPERATOR(pg_catalog.=) 'e'::pg_catalog."char"
    ) AS extension
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,f}'::pg_catalog."char"[])
        AND c.relpersistence OPERATOR(pg_catalog.<>) 't'::pg_catalog."char"
        AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'::pg_catalog.name
        AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
),
user_type AS (
    SELECT t.oid, n.nspname, t.typname, t.typtype, t.typbasetype, t.typtypmod, t.typnotnull, t.typcollation
    FROM pg_catalog.pg_type AS t
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) t.typnamespace
    WHERE t.typtype OPERATOR(pg_catalog.=) ANY ('{e,d}'::pg_catalog."char"[])
        AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'::pg_catalog.name
        AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
        AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend AS d
            WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid
                AND d.objid OPERATOR(pg_catalog.=) t.oid
                AND d.deptype OPERATOR(pg_catalog.=) 'e'::pg_catalog."char"
        )
),
-- The server splits a foreign key to a partitioned table into one for each partition; only those that reference what
-- the declared one references are listed.
ancestor (id, parent, target) AS (
    SELECT k.oid, k.conparentid, k.confrelid FROM pg_catalog.pg_constraint AS k
    WHERE k.contype OPERATOR(pg_catalog.=) 'f'::pg_catalog."char"
    UNION ALL
    SELECT a.id, k.conparentid, k.confrelid
    FROM ancestor AS a
    JOIN pg_catalog.pg_constraint AS k ON k.oid OPERATOR(pg_catalog.=) a.parent
),
foreign_key AS (
    SELECT k.*, pg_catalog.to_jsonb(k) AS fields
    FROM pg_catalog.pg_constraint AS k
    JOIN ancestor AS a ON a.id OPERATOR(pg_catalog.=) k.oid AND a.parent OPERATOR(pg_catalog.=) 0::pg_catalog.oid
        AND a.target OPERATOR(pg_catalog.=) k.confrelid
)
SELECT pg_catalog.json_build_object('version', 1, 'tables', COALESCE(
    pg_catalog.json_agg(pg_catalog.json_build_object(
        'schema', r.nspname,
        'name', r.relname,
        'kind', CASE
            WHEN r.relkind OPERATOR(pg_catalog.=) 'p'::pg_catalog."char" THEN 'partitioned'
            WHEN r.relkind OPERATOR(pg_catalog.=) 'f'::pg_catalog."char" THEN 'foreign'
            ELSE 'table'
        END,
        'extension', r.extension,
        'partition_of', CASE WHEN r.relispartition THEN (
            SELECT pg_catalog.json_build_object('schema', n.nspname, 'name', c.relname)
            FROM pg_catalog.pg_inherits AS h
            JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) h.inhparent
            JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
            WHERE h.inhrelid OPERATOR(pg_catalog.=) r.oid
        ) END,
        'inherits', COALESCE((
            SELECT pg_catalog.json_agg(
                pg_catalog.json_build_object('schema', n.nspname, 'name', c.relname) ORDER BY h.inhseqno
            )
            FROM pg_catalog.pg_inherits AS h
            JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) h.inhparent
            JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
            WHERE h.inhrelid OPERATOR(pg_catalog.=) r.oid AND NOT r.relispartition
        ), '[]'),
        'columns', COALESCE((
            SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                'name', a.attname,
                'type', pg_catalog.concat(
                    CASE
                        WHEN bn.nspname OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.name
                            THEN pg_catalog.regexp_replace(
                            pg_catalog.format_type(b.oid, a.atttypmod), '^pg_catalog[.]', ''
                        )
                        ELSE pg_catalog.concat(
                            pg_catalog.quote_ident(bn.nspname::pg_catalog.text), '.',
                            pg_catalog.quote_ident(b.typname::pg_catalog.text),
                            pg_catalog.substr(
                                pg_catalog.format_type(b.oid, a.atttypmod),
                                pg_catalog.length(pg_catalog.format_type(b.oid, NULL)) OPERATOR(pg_catalog.+) 1
                            )
                        )
                    END,
                    CASE WHEN b.oid OPERATOR(pg_catalog.<>) t.oid THEN '[]' END
                ),
                'collation', CASE WHEN a.attcollation OPERATOR(pg_catalog.<>) t.typcollation THEN (
                    SELECT pg_catalog.concat(
                        pg_catalog.quote_ident(n.nspname::pg_catalog.text), '.',
                        pg_catalog.quote_ident(l.collname::pg_catalog.text)
                    )
                    FROM pg_catalog.pg_collation AS l
                    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) l.collnamespace
                    WHERE l.oid OPERATOR(pg_catalog.=) a.attcollation
                ) END,
                'not_null', a.attnotnull,
                'has_default', a.atthasdef AND a.attgenerated OPERATOR(pg_catalog.=) ''::pg_catalog."char",
                -- The forms of constants in pg_get_expr(); a cast to a type with a length or precision is none.
                'default_value', (
                    SELECT COALESCE(
                        CASE WHEN v.quoted IS NOT NULL THEN pg_catalog.replace(
                            pg_catalog.replace(v.quoted, '''''', ''''),
                            CASE
                                WHEN pg_catalog.current_setting('standard_conforming_strings')
                                    OPERATOR(pg_catalog.=) 'off'::pg_catalog.text
                                    THEN pg_catalog.repeat(pg_catalog.chr(92), 2)
                                ELSE pg_catalog.chr(92)
                            END,
                            pg_catalog.chr(92)
                        ) END,
                        pg_catalog.substring(v.expression, '^[(]?(-?[0-9]+(?:[.][0-9]*)?)[)]?$'),
                        pg_catalog.substring(v.expression, '^(true|false)$'),
                        pg_catalog.substring(
                            v.expression, '^[(]([0-9]+)[)]::(?:[a-z0-9_. ]|[[]|[]]|"(?:[^"]|"")*")+$'
                        )
                    )
                    FROM (
                        SELECT
                            e.expression,
                            pg_catalog.substring(
                                e.expression,
                                '^''((?:[^'']|'''')*)''(?:::(?:[a-z0-9_. ]|[[]|[]]|"(?:[^"]|"")*")+)?$'
                            ) AS quoted
                        FROM (
                            SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS expression
                            FROM pg_catalog.pg_attrdef AS d
                            WHERE d.adrelid OPERATOR(pg_catalog.=) a.attrelid
                                AND d.adnum OPERATOR(pg_catalog.=) a.attnum
                                AND a.attgenerated OPERATOR(pg_catalog.=) ''::pg_catalog."char"
                        ) AS e
                    ) AS v
                ),
                'identity', CASE
                    WHEN a.attidentity OPERATOR(pg_catalog.=) 'a'::pg_catalog."char" THEN 'always'
                    WHEN a.attidentity OPERATOR(pg_catalog.=) 'd'::pg_catalog."char" THEN 'by_default'
                END,
                'generated', a.attgenerated OPERATOR(pg_catalog.<>) ''::pg_catalog."char",
                'sequence', (
                    SELECT pg_catalog.json_build_object('schema', n.nspname, 'name', c.relname)
                    FROM pg_catalog.pg_depend AS d
                    JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) d.objid
                        AND c.relkind OPERATOR(pg_catalog.=) 'S'::pg_catalog."char"
                    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
                    WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
                        AND d.refobjid OPERATOR(pg_catalog.=) a.attrelid
                        AND d.refobjsubid OPERATOR(pg_catalog.=) a.attnum::pg_catalog.int4
                        AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
                        AND d.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])
                    ORDER BY d.deptype DESC, n.nspname, c.relname
                    LIMIT 1
                )
            ) ORDER BY a.attnum)
            FROM pg_catalog.pg_attribute AS a
            JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
            LEFT JOIN pg_catalog.pg_type AS e ON e.oid OPERATOR(pg_catalog.=) t.typelem
                AND e.typarray OPERATOR(pg_catalog.=) t.oid
            JOIN pg_catalog.pg_type AS b ON b.oid OPERATOR(pg_catalog.=) COALESCE(e.oid, t.oid)
            JOIN pg_catalog.pg_namespace AS bn ON bn.oid OPERATOR(pg_catalog.=) b.typnamespace
            WHERE a.attrelid OPERATOR(pg_catalog.=) r.oid AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2
                AND NOT a.attisdropped
        ), '[]'),
        'keys', COALESCE((
            SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                'name', ic.relname,
                'primary', i.indisprimary,
                'columns', COALESCE((
                    SELECT pg_catalog.json_agg(a.attname ORDER BY k.ord)
                    FROM pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k (attnum, ord)
                    JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) r.oid
                        AND a.attnum OPERATOR(pg_catalog.=) k.attnum
                    WHERE k.ord OPERATOR(pg_catalog.<=) i.indnkeyatts AND i.indexprs IS NULL
                ), '[]'),
                'nulls_not_distinct', COALESCE(
                    (pg_catalog.to_jsonb(i) OPERATOR(pg_catalog.->>) 'indnullsnotdistinct')::pg_catalog.bool, false
                ),
                'arbiter', i.indisunique AND i.indimmediate AND i.indisvalid AND NOT i.indisexclusion
                    AND i.indpred IS NULL AND i.indexprs IS NULL
                        AND am.amname OPERATOR(pg_catalog.=) 'btree'::pg_catalog.name
            ) ORDER BY ic.relname)
            FROM pg_catalog.pg_index AS i
            JOIN pg_catalog.pg_class AS ic ON ic.oid OPERATOR(pg_catalog.=) i.indexrelid
            JOIN pg_catalog.pg_am AS am ON am.oid OPERATOR(pg_catalog.=) ic.relam
            WHERE i.indrelid OPERATOR(pg_catalog.=) r.oid AND (i.indisunique OR i.indisprimary)
        ), '[]'),
        'foreign_keys', COALESCE((
            SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                'name', f.conname,
                'columns', (
                    SELECT pg_catalog.json_agg(a.attname ORDER BY k.ord)
                    FROM pg_catalog.unnest(f.conkey) WITH ORDINALITY AS k (attnum, ord)
                    JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) f.conrelid
                        AND a.attnum OPERATOR(pg_catalog.=) k.attnum
                ),
                'references', pg_catalog.json_build_object('schema', n.nspname, 'name', c.relname),
                'referenced_columns', (
                    SELECT pg_catalog.json_agg(a.attname ORDER BY k.ord)
                    FROM pg_catalog.unnest(f.confkey) WITH ORDINALITY AS k (attnum, ord)
                    JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) f.confrelid
                        AND a.attnum OPERATOR(pg_catalog.=) k.attnum
                ),
                'on_delete', CASE
                    WHEN f.confdeltype OPERATOR(pg_catalog.=) 'r'::pg_catalog."char" THEN 'restrict'
                    WHEN f.confdeltype OPERATOR(pg_catalog.=) 'c'::pg_catalog."char" THEN 'cascade'
                    WHEN f.confdeltype OPERATOR(pg_catalog.=) 'n'::pg_catalog."char" THEN 'set_null'
                    WHEN f.confdeltype OPERATOR(pg_catalog.=) 'd'::pg_catalog."char" THEN 'set_default'
                    ELSE 'no_action'
                END,
                'on_delete_columns', COALESCE((
                    SELECT pg_catalog.json_agg(a.attname ORDER BY k.ord)
                    FROM pg_catalog.jsonb_array_elements_text(CASE
                        WHEN pg_catalog.jsonb_typeof(f.fields OPERATOR(pg_catalog.->) 'confdelsetcols') OPERATOR(pg_catalog.=) 'array'::pg_catalog.text
                        THEN f.fields OPERATOR(pg_catalog.->) 'confdelsetcols'
                    END) WITH ORDINALITY AS k (attnum, ord)
                    JOIN pg_catalog.pg_attribute AS a
                        ON a.attrelid OPERATOR(pg_catalog.=) f.conrelid
                            AND a.attnum OPERATOR(pg_catalog.=) k.attnum::pg_catalog.int2
                ), '[]'),
                'on_update', CASE
                    WHEN f.confupdtype OPERATOR(pg_catalog.=) 'r'::pg_catalog."char" THEN 'restrict'
                    WHEN f.confupdtype OPERATOR(pg_catalog.=) 'c'::pg_catalog."char" THEN 'cascade'
                    WHEN f.confupdtype OPERATOR(pg_catalog.=) 'n'::pg_catalog."char" THEN 'set_null'
                    WHEN f.confupdtype OPERATOR(pg_catalog.=) 'd'::pg_catalog."char" THEN 'set_default'
                    ELSE 'no_action'
                END,
                'match_full', f.confmatchtype OPERATOR(pg_catalog.=) 'f'::pg_catalog."char",
                'deferrable', f.condeferrable,
                'initially_deferred', f.condeferred,
                'enforced', COALESCE((f.fields OPERATOR(pg_catalog.->>) 'conenforced')::pg_catalog.bool, true)
            ) ORDER BY f.conname)
            FROM foreign_key AS f
            JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) f.confrelid
            JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
            WHERE f.conrelid OPERATOR(pg_catalog.=) r.oid
        ), '[]'),
        -- Those that a partition has from its parent are internal before 15, and have tgparentid from 13 on.
        'triggers', COALESCE((
            SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                'name', g.tgname,
                'enabled', CASE
                    WHEN g.tgenabled OPERATOR(pg_catalog.=) 'R'::pg_catalog."char" THEN 'replica'
                    WHEN g.tgenabled OPERATOR(pg_catalog.=) 'A'::pg_catalog."char" THEN 'always'
                    WHEN g.tgenabled OPERATOR(pg_catalog.=) 'D'::pg_catalog."char" THEN 'disabled'
                    ELSE 'origin'
                END,
                'constraint', g.tgconstraint OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
            ) ORDER BY g.tgname)
            FROM pg_catalog.pg_trigger AS g
            WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND NOT g.tgisinternal
                AND COALESCE((pg_catalog.to_jsonb(g) OPERATOR(pg_catalog.->>) 'tgparentid')::pg_catalog.oid, 0::pg_catalog.oid)
                    OPERATOR(pg_catalog.=) 0::pg_catalog.oid
        ), '[]')
    ) ORDER BY r.nspname, r.relname), '[]'),
'types', COALESCE((
    SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
        'schema', y.nspname,
        'name', y.typname,
        'kind', CASE
            WHEN y.typtype OPERATOR(pg_catalog.=) 'e'::pg_catalog."char"
                THEN pg_catalog.json_build_object('enum', pg_catalog.json_build_object('labels', COALESCE((
                    SELECT pg_catalog.json_agg(l.enumlabel ORDER BY l.enumsortorder)
                    FROM pg_catalog.pg_enum AS l
                    WHERE l.enumtypid OPERATOR(pg_catalog.=) y.oid
                ), '[]')))
            ELSE pg_catalog.json_build_object('domain', pg_catalog.json_build_object(
                'base_type', (
                    SELECT pg_catalog.concat(
                        CASE
                            WHEN bn.nspname OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.name
                                THEN pg_catalog.regexp_replace(
                                pg_catalog.format_type(b.oid, y.typtypmod), '^pg_catalog[.]', ''
                            )
                            ELSE pg_catalog.concat(
                                pg_catalog.quote_ident(bn.nspname::pg_catalog.text), '.',
                                pg_catalog.quote_ident(b.typname::pg_catalog.text),
                                pg_catalog.substr(
                                    pg_catalog.format_type(b.oid, y.typtypmod),
                                    pg_catalog.length(pg_catalog.format_type(b.oid, NULL)) OPERATOR(pg_catalog.+) 1
                                )
                            )
                        END,
                        CASE WHEN b.oid OPERATOR(pg_catalog.<>) t.oid THEN '[]' END
                    )
                    FROM pg_catalog.pg_type AS t
                    LEFT JOIN pg_catalog.pg_type AS e ON e.oid OPERATOR(pg_catalog.=) t.typelem
                        AND e.typarray OPERATOR(pg_catalog.=) t.oid
                    JOIN pg_catalog.pg_type AS b ON b.oid OPERATOR(pg_catalog.=) COALESCE(e.oid, t.oid)
                    JOIN pg_catalog.pg_namespace AS bn ON bn.oid OPERATOR(pg_catalog.=) b.typnamespace
                    WHERE t.oid OPERATOR(pg_catalog.=) y.typbasetype
                ),
                'collation', (
                    SELECT pg_catalog.concat(
                        pg_catalog.quote_ident(n.nspname::pg_catalog.text), '.',
                        pg_catalog.quote_ident(l.collname::pg_catalog.text)
                    )
                    FROM pg_catalog.pg_type AS t
                    JOIN pg_catalog.pg_collation AS l ON l.oid OPERATOR(pg_catalog.=) y.typcollation
                    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) l.collnamespace
                    WHERE t.oid OPERATOR(pg_catalog.=) y.typbasetype
                        AND t.typcollation OPERATOR(pg_catalog.<>) y.typcollation
                ),
                'not_null', y.typnotnull
            ))
        END
    ) ORDER BY y.nspname, y.typname)
    FROM user_type AS y
), '[]')) AS catalog
FROM relation AS r
