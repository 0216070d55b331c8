--
-- Data for Name: secret; Type: TABLE DATA; Schema: public; Owner: -
--
INSERT INTO public.t (id, v) VALUES (2, 'two');
