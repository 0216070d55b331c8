insert  into PUBLIC.T(ID,
 V)values(1,'one'),( 2 , 'two' )
;INSERT INTO t (id, v) VALUES (3, 'three');INSERT INTO public.t (id, v) VALUES (4, 'four');