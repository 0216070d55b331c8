/*M!999999\- enable the sandbox mode */ 
-- MariaDB dump 10.19
