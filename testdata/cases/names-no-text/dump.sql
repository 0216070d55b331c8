INSERT INTO public."é" (id) VALUES (1);
