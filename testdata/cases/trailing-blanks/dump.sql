--
-- PostgreSQL database dump  
--

\restrict a1 
COPY public.t (id, v) FROM stdin; 	
1	one
\.
--
-- PostgreSQL database dump complete 
--

\unrestrict a1  
