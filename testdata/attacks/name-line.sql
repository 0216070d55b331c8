INSERT INTO public."t
\! touch @CANARY@/pwned
" (id, v) VALUES (2, 'x');
