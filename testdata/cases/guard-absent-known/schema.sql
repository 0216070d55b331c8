CREATE TABLE public.t (id int PRIMARY KEY, v text, tenant text, "businessId" text);
