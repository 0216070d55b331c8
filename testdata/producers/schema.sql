-- The target: the database of every dump here, with keys and foreign keys.
CREATE TABLE public.users (
    id integer NOT NULL,
    email text NOT NULL,
    bio text,
    active boolean DEFAULT true NOT NULL,
    score numeric(10,2)
);
CREATE SEQUENCE public.users_id_seq AS integer;
ALTER SEQUENCE public.users_id_seq OWNED BY public.users.id;
ALTER TABLE ONLY public.users ALTER COLUMN id SET DEFAULT nextval('public.users_id_seq'::regclass);
CREATE TABLE public.orders (
    id integer NOT NULL,
    user_id integer NOT NULL,
    note text
);
CREATE SEQUENCE public.orders_id_seq AS integer;
ALTER SEQUENCE public.orders_id_seq OWNED BY public.orders.id;
ALTER TABLE ONLY public.orders ALTER COLUMN id SET DEFAULT nextval('public.orders_id_seq'::regclass);
ALTER TABLE ONLY public.users ADD CONSTRAINT users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.users ADD CONSTRAINT users_email_key UNIQUE (email);
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
-- What migration tools keep, and what an application without a key has.
CREATE TABLE public.schema_migrations (version character varying NOT NULL PRIMARY KEY);
INSERT INTO public.schema_migrations VALUES ('20990101000000');
CREATE TABLE public.django_migrations (id integer PRIMARY KEY, app text, name text);
-- Rows that are here already: one that the dumps change, one that they do not have.
INSERT INTO public.users VALUES (1, 'old@example.com', 'old', false, NULL), (7, 'here@example.com', 'stays', true, 7.70);
INSERT INTO public.orders VALUES (7, 7, 'stays');
SELECT pg_catalog.setval('public.users_id_seq', 7, true);
