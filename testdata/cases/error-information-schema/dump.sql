INSERT INTO information_schema.sql_parts (id) VALUES (1);
