SET client_encoding = 'LATIN1';
INSERT INTO public."Straße" (id, "größe", café) VALUES (1, 'ü', 'ä');
INSERT INTO public."Straße" (id, "größe", café) VALUES (2, 'ü', 'ä');
