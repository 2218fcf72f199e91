-- Make the databases beside `ledger`, once, when the volume is new.
--
-- deploy/postgres/databases.sql - v0.1.0
CREATE DATABASE mlflow;
CREATE DATABASE prefect;
