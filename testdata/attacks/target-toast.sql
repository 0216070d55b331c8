INSERT INTO pg_toast.pg_toast_1255 (chunk_id) VALUES (1);
