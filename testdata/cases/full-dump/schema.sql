CREATE TABLE app."Order" (id integer NOT NULL, note text);
ALTER TABLE ONLY app."Order" ADD CONSTRAINT "Order_pkey" PRIMARY KEY (id);
