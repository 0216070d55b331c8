--
-- PostgreSQL database dump
--

-- Dumped from database v