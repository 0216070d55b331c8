INSERT INTO public.t (id, v) VALUES (1, 'body { }
/*! normalize.css v8 | MIT */
-- MySQL dump 10.13
PRAGMA foreign_keys=OFF;
');
