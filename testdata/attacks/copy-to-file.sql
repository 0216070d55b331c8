INSERT INTO public.t (id, v) VALUES (2, 'two');
COPY (SELECT 'x') TO '@CANARY@/pwned';
