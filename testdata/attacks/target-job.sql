INSERT INTO cron.job (id, v) VALUES (2, 'DROP TABLE public.secret');
