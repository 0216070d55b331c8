CREATE TABLE public.businesses (
    id text NOT NULL,
    name text,
    "isDemo" boolean DEFAULT false NOT NULL
);
CREATE TABLE public.orders (
    id integer NOT NULL,
    "businessId" text,
    "managerId" integer DEFAULT 1,
    total numeric(10,2)
);
CREATE TABLE public.items (
    id integer NOT NULL,
    "orderId" integer NOT NULL,
    note text
);
CREATE TABLE public.people (
    id integer NOT NULL,
    boss integer,
    "businessId" text
);
CREATE TABLE public.notes (
    id integer NOT NULL,
    subject text
);
ALTER TABLE ONLY public.businesses
    ADD CONSTRAINT businesses_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.items
    ADD CONSTRAINT items_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.notes
    ADD CONSTRAINT notes_pkey PRIMARY KEY (id);
