SET standard_conforming_strings = off;
SET escape_string_warning = off;
INSERT INTO public."k\l" (id, "a\b") VALUES (1, 'c\\d');
