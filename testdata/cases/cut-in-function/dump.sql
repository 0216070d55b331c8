CREATE FUNCTION f() AS $$ begin; end
