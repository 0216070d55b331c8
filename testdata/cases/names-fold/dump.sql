INSERT INTO public.Order_Items (ID, "Id") VALUES (1, 2);
INSERT INTO public."order_items" (id, "Id") VALUES (3, 4);
