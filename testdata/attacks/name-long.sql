INSERT INTO public.a_name_of_sixty_three_bytes_which_is_as_long_as_a_name_can_be__xyz (id, v) VALUES (2, 'x');
