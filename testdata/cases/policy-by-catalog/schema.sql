CREATE TABLE public.r (id int PRIMARY KEY, v text, w text) PARTITION BY RANGE (id);
CREATE TABLE public.r_1 PARTITION OF public.r FOR VALUES FROM (0) TO (9);
