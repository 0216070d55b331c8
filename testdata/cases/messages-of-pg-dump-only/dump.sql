pg_dump: Fehler: Verbindung fehlgeschlagen
