-- What the general divergence does not reach.
SET client_min_messages = warning;
-- Child before parent, cycles: the rows are gone altogether.
SET session_replication_role = replica;
DELETE FROM public.fk_tree_badorder;
DELETE FROM public.fk_cycle_a;
DELETE FROM public.fk_cycle_b;
DELETE FROM public.fk_ring1;
DELETE FROM public.fk_ring2;
DELETE FROM public.fk_ring3;
DELETE FROM public.fk_defer_a;
DELETE FROM public.fk_defer_b;
DELETE FROM public.fk_part_a;
DELETE FROM public.fk_part_z;
DELETE FROM public.fk_a_child;
DELETE FROM public.p_list;
SET session_replication_role = DEFAULT;
-- Extra rows where every key is a reference, or no number and no text.
INSERT INTO app."_ProductToTag" VALUES (2, 't1-extra');
INSERT INTO public.z_zero_columns DEFAULT VALUES;
DELETE FROM public.i_always_nonkey;
INSERT INTO public.i_always_nonkey (id, n, v) OVERRIDING SYSTEM VALUE VALUES (10, 77, 'another n'), (30, 78, 'extra');
INSERT INTO public.p_hash_enum VALUES ('Back\slash', 'extra');
DELETE FROM public.k_exclusion;
INSERT INTO public.k_exclusion VALUES ('<(0,0),1>', 'changed'), ('<(5,5),1>', 'extra');
