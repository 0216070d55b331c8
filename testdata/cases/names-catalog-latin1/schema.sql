SET client_encoding = 'WIN1252';
CREATE TABLE public."café" ("numéro" int PRIMARY KEY, "été" text);
