INSERT INTO public.users (id,email,bio,active,score) VALUES
	 (1,'zoe@example.com','Zoë O''Brien, "back\slash"',true,9.50),
	 (2,'li@example.com',NULL,false,NULL);
INSERT INTO public.orders (id,user_id,note) VALUES
	 (1,1,'first'),
	 (2,2,NULL);
