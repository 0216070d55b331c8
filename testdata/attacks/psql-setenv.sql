INSERT INTO public.t (id, v) VALUES (2, 'two');
\setenv PAGER 'touch @CANARY@/pwned'
