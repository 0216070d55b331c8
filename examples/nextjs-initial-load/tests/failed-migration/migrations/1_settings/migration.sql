CREATE TABLE "Setting" (id integer PRIMARY KEY, share integer NOT NULL);
