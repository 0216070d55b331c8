insert into public.users (id, email, bio, active, score)
values  (1, 'zoe@example.com', 'Zoë O''Brien, "back\slash"', true, 9.50),
        (2, 'li@example.com', NULL, false, NULL);

insert into public.orders (id, user_id, note)
values  (1, 1, 'first'),
        (2, 2, NULL);

