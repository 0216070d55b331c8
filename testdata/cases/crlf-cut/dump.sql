--
-- PostgreSQL database dump
--

\restrict abc

-- Dumped from database version 17.6
-- Dumped by pg_dump version 17.6

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

INSERT INTO public.t (id, v) VALUES (1, 'one');
