SET search_path = cron;
INSERT INTO job (id, v) VALUES (2, 'x');
