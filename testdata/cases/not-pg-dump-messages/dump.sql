pg_dump: error: connection to server failed
