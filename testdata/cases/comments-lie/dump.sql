--
-- Data for Name: x; Type: TABLE DATA; Schema: public; Owner: postgres; Type: TABLE DATA; Schema: evil
--

-- INSERT INTO public.evil (id) VALUES (1);
/* INSERT INTO public.evil (id) VALUES (2); /* nested; */ */
INSERT INTO public.t (id, v) VALUES (1, 'one');
-- load via partition root public.p
