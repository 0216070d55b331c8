-- MySQL dump 10.13  Distrib 8.0.36
--
-- Host: localhost

INSERT INTO `t` VALUES (1,'a\'b');
